// Texts in two languages. Each entry brings its own; those of `lib` go with all of them.
export type Texts = Record<string, string>;
export type Params = Record<string, string | number>;

let texts: Texts = {};
let tag: 'en' | 'fr' = 'en';
let plurals = new Intl.PluralRules('en');
/** Made once: a format takes as long as fifty numbers, and lists of ten thousand ask for one in each row. */
let numbers = new Intl.NumberFormat('en');

/** The language of this page. */
export function language(): 'en' | 'fr' {
  return tag;
}

/** Sets the texts, before anything is drawn. */
export function speak(wanted: 'en' | 'fr', ...parts: Texts[]): void {
  tag = wanted;
  plurals = new Intl.PluralRules(wanted);
  numbers = new Intl.NumberFormat(wanted);
  texts = bound(Object.assign({}, ...parts));
}

/** Takes the texts of a part that is loaded later as well. */
export function learn(part: Texts): void {
  texts = { ...texts, ...bound(part) };
}

/** French puts a space before signs of two parts: one at which no line breaks. */
function bound(part: Texts): Texts {
  if (tag !== 'fr') return part;
  return Object.fromEntries(Object.entries(part).map(([key, text]) => [key, text.replace(/ ([?!:;»])/g, '\u00a0$1').replace(/« /g, '«\u00a0')]));
}

/** The text of `key`, with `{name}` replaced. With a `count`, `key.one` or `key.other` by the rules of the language. */
export function t(key: string, params: Params = {}): string {
  let text = texts[key];
  if (text === undefined && typeof params.count === 'number') {
    text = texts[`${key}.${plurals.select(params.count)}`] ?? texts[`${key}.other`];
  }
  if (text === undefined) return key;
  return text.replace(/\{(\w+)\}/g, (whole, name: string) => {
    const value = params[name];
    if (value === undefined) return whole;
    return typeof value === 'number' ? numbers.format(value) : value;
  });
}

/** Whether there is a text of that key: for words that the API may add before we have one for them. */
export function has(key: string): boolean {
  return texts[key] !== undefined;
}

/** The text of `prefix.word`, or the word itself where there is none yet. */
export function named(prefix: string, word: string): string {
  return texts[`${prefix}.${word}`] ?? word;
}
