// Reads every `.graphql` file below `src`, checks its operations against the API's schema, and writes their texts and
// types to `src/generated/api.ts`. Run by the build; by hand: `npm run generate`.
import { mkdirSync, readFileSync, readdirSync, writeFileSync, existsSync } from 'node:fs';
import { join, relative } from 'node:path';
import {
  buildSchema, isEnumType, isInputObjectType, isLeafType, isListType, isNonNullType, isRequiredInputField,
  parse, print, typeFromAST, validate, visit,
} from 'graphql';

const app = join(import.meta.dirname, '..');
const schemaPath = join(app, '../../graphql/schema.graphql');
const NUMBERS = new Set(['Int', 'Float', 'Long', 'Bytes']);

function files(folder) {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return files(path);
    return entry.name.endsWith('.graphql') ? [path] : [];
  }).sort();
}

/** The operations and fragments of all files, and what the schema says against them. */
export function checked() {
  const schema = buildSchema(readFileSync(schemaPath, 'utf8'), { assumeValid: true });
  const faults = [];
  const definitions = [];
  for (const path of files(join(app, 'src'))) {
    const document = parse(readFileSync(path, 'utf8'));
    for (const definition of document.definitions) {
      definition.path = relative(app, path);
      definitions.push(definition);
    }
  }
  const fragments = new Map(definitions.filter((one) => one.kind === 'FragmentDefinition').map((one) => [one.name.value, one]));
  const operations = definitions.filter((one) => one.kind === 'OperationDefinition').map((operation) => {
    const used = new Map();
    const collect = (node) => visit(node, {
      FragmentSpread(spread) {
        const fragment = fragments.get(spread.name.value);
        if (fragment && !used.has(spread.name.value)) {
          used.set(spread.name.value, fragment);
          collect(fragment);
        }
      },
    });
    collect(operation);
    const document = { kind: 'Document', definitions: [operation, ...used.values()] };
    for (const error of validate(schema, document)) faults.push(`${operation.path}: ${operation.name?.value}: ${error.message}`);
    return { name: operation.name.value, operation, fragments, document };
  });
  const names = operations.map((one) => one.name);
  for (const name of names) if (names.indexOf(name) !== names.lastIndexOf(name)) faults.push(`${name} stands twice`);
  return { schema, operations, faults };
}

function leaf(type) {
  if (isEnumType(type)) return type.name;
  if (type.name === 'Boolean') return 'boolean';
  return NUMBERS.has(type.name) ? 'number' : 'string';
}

function output(schema, type, selections, fragments) {
  if (isNonNullType(type)) return present(schema, type.ofType, selections, fragments);
  return `${present(schema, type, selections, fragments)} | null`;
}

function present(schema, type, selections, fragments) {
  if (isListType(type)) {
    const inner = output(schema, type.ofType, selections, fragments);
    return inner.includes(' | ') ? `(${inner})[]` : `${inner}[]`;
  }
  if (isLeafType(type)) return leaf(type);
  const fields = new Map();
  const gather = (set) => {
    for (const selection of set.selections) {
      if (selection.kind === 'Field') fields.set(selection.alias?.value ?? selection.name.value, selection);
      else gather(selection.kind === 'FragmentSpread' ? fragments.get(selection.name.value).selectionSet : selection.selectionSet);
    }
  };
  gather(selections);
  const lines = [...fields].map(([name, field]) => {
    if (field.name.value === '__typename') return `${name}: '${type.name}'`;
    const conditional = field.directives?.length ? '?' : '';
    return `${name}${conditional}: ${output(schema, type.getFields()[field.name.value].type, field.selectionSet, fragments)}`;
  });
  return `{ ${lines.join('; ')} }`;
}

function input(type, inputs) {
  const core = isNonNullType(type) ? type.ofType : type;
  let text;
  if (isListType(core)) text = `(${input(core.ofType, inputs)})[]`;
  else if (isInputObjectType(core)) {
    inputs.set(core.name, core);
    text = core.name;
  } else text = leaf(core);
  return isNonNullType(type) ? text : `${text} | null`;
}

/** Writes `src/generated/api.ts`. */
export function generate() {
  const { schema, operations, faults } = checked();
  if (faults.length) throw new Error(`operations that the API does not take:\n${faults.join('\n')}`);
  const inputs = new Map();
  const enums = new Map();
  const blocks = operations.map(({ name, operation, fragments, document }) => {
    const root = operation.operation === 'query' ? schema.getQueryType() : operation.operation === 'mutation' ? schema.getMutationType() : schema.getSubscriptionType();
    const result = present(schema, root, operation.selectionSet, fragments);
    const variables = operation.variableDefinitions.map((variable) => {
      const type = typeFromAST(schema, variable.type);
      const optional = isNonNullType(type) && !variable.defaultValue ? '' : '?';
      return `${variable.variable.name.value}${optional}: ${input(type, inputs)}`;
    });
    const text = print(document).replace(/\s+/g, ' ').trim();
    return `export type ${name}Result = ${result};\nexport type ${name}Variables = { ${variables.join('; ')} };\n`
      + `export const ${name}: Operation<${name}Result, ${name}Variables> = { name: '${name}', text: ${JSON.stringify(text)} };\n`;
  });
  let known = 0;
  const inputBlocks = [];
  while (known < inputs.size) {
    const [name, type] = [...inputs][known];
    known += 1;
    const fields = Object.values(type.getFields()).map((field) => `${field.name}${isRequiredInputField(field) ? '' : '?'}: ${input(field.type, inputs)}`);
    inputBlocks.push(`export type ${name} = { ${fields.join('; ')} };\n`);
  }
  for (const type of Object.values(schema.getTypeMap())) {
    if (isEnumType(type) && !type.name.startsWith('__')) enums.set(type.name, type);
  }
  const enumBlocks = [...enums.values()].map((type) => `export type ${type.name} = ${type.getValues().map((value) => `'${value.name}'`).join(' | ')};\n`);
  const text = `// Made by scripts/operations.mjs from the schema and the .graphql files; not to be edited.\n`
    + `export type Operation<R, V> = { readonly name: string; readonly text: string; readonly result?: R; readonly variables?: V };\n\n`
    + [...enumBlocks, ...inputBlocks, ...blocks].join('\n');
  const folder = join(app, 'src/generated');
  const path = join(folder, 'api.ts');
  mkdirSync(folder, { recursive: true });
  if (!existsSync(path) || readFileSync(path, 'utf8') !== text) writeFileSync(path, text);
}

if (process.argv[1] === import.meta.filename) generate();
