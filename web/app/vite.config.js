// Builds every entry of the app: a folder of `src` with a `main.ts`. What they share stands in `src/lib`.
import { readFileSync, readdirSync, existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { brotliCompressSync, constants, gzipSync } from 'node:zlib';
import { svelte } from '@sveltejs/vite-plugin-svelte';
import { defineConfig } from 'vite';
import { generate } from './scripts/operations.mjs';

const root = import.meta.dirname;
const entries = readdirSync(join(root, 'src')).filter((name) => existsSync(join(root, 'src', name, 'main.ts')));

/** Types and texts of the API's operations, before anything is compiled. */
const operations = {
  name: 'operations',
  buildStart() {
    generate();
  },
};

/** What each entry loads, line by line for the server; and every file in its compressed forms. */
const delivery = {
  name: 'delivery',
  writeBundle(options, bundle) {
    const lines = [];
    for (const entry of entries) {
      const chunk = Object.values(bundle).find((one) => one.isEntry && one.name === entry);
      const base = (file) => file.replace(/^assets\//, '');
      lines.push(`${entry} script ${base(chunk.fileName)}`);
      const seen = new Set();
      const walk = (file) => {
        if (seen.has(file)) return;
        seen.add(file);
        for (const style of bundle[file].viteMetadata?.importedCss ?? []) {
          const line = `${entry} style ${base(style)}`;
          if (!lines.includes(line)) lines.push(line);
        }
        for (const next of bundle[file].imports) {
          if (bundle[next]) lines.push(`${entry} preload ${base(next)}`);
          walk(next);
        }
      };
      for (const next of chunk.imports) lines.push(`${entry} preload ${base(next)}`);
      walk(chunk.fileName);
      for (const file of chunk.dynamicImports) {
        const language = /messages\/(en|fr)\.ts$/.exec(bundle[file]?.facadeModuleId ?? '')?.[1];
        if (language) lines.push(`${entry} language-${language} ${base(file)}`);
      }
    }
    writeFileSync(join(options.dir, 'entries.txt'), [...new Set(lines)].join('\n') + '\n');
    for (const file of readdirSync(join(options.dir, 'assets'))) {
      const path = join(options.dir, 'assets', file);
      const plain = readFileSync(path);
      const brotli = brotliCompressSync(plain, { params: { [constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_SIZE_HINT]: plain.length } });
      const gzip = gzipSync(plain, { level: 9 });
      if (brotli.length < plain.length) writeFileSync(`${path}.br`, brotli);
      if (gzip.length < plain.length) writeFileSync(`${path}.gz`, gzip);
    }
  },
};

export default defineConfig({
  root,
  base: '/',
  publicDir: false,
  logLevel: 'warn',
  plugins: [operations, svelte(), delivery],
  build: {
    target: 'es2022',
    emptyOutDir: true,
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
    rollupOptions: {
      input: Object.fromEntries(entries.map((name) => [name, join(root, 'src', name, 'main.ts')])),
      output: {
        entryFileNames: 'assets/[name]-[hash].js',
        chunkFileNames: 'assets/[name]-[hash].js',
        assetFileNames: 'assets/[name]-[hash][extname]',
        // The components are small and every screen takes many: one file of them costs less than thirty requests.
        advancedChunks: { groups: [{ name: 'ui', test: /src[\\/]lib[\\/](ui|api)[\\/]/ }] },
      },
    },
  },
});
