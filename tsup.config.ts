import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { copyFile, cp, mkdir, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { basename, join } from 'node:path';
import { defineConfig } from 'tsup';
import { inputsOf, writeNotices } from './bin/dev/notices.js';

/** Python that runs inside the Space's processes: shipped as files, never bundled. */
const PYTHON_PARTS = [
  ['src/run/python', 'dist/python/runtime'],
  ['src/gpu/mock/emulated_cuda', 'dist/python/emulated/emulated_cuda'],
] as const;

/** The Python parser of `check`: its runtime and its grammar, and not the packages they come in. */
const PARSER_PARTS = [
  'web-tree-sitter/web-tree-sitter.wasm',
  '@vscode/tree-sitter-wasm/wasm/tree-sitter-python.wasm',
] as const;

const METAFILE = 'dist/metafile-esm.json';

/** Digest of the sources: an answer of `check` that another build has kept is not this one's. */
function buildDigest(): string {
  const hash = createHash('sha256');
  for (const name of ['src', 'package-lock.json']) {
    const files = statSync(name).isDirectory() ? readdirSync(name, { recursive: true }) : [''];
    for (const file of files.map((one) => join(name, String(one))).sort()) {
      if (statSync(file).isFile()) hash.update(file).update(readFileSync(file));
    }
  }
  return hash.digest('hex').slice(0, 16);
}

export default defineConfig({
  define: { ZEROGPU_BUILD: JSON.stringify(buildDigest()) },
  entry: {
    cli: 'src/cli/entry.ts',
    environments: 'src/python-env/index.ts',
    'ledger-writer': 'src/allocator/store/writer-thread.ts',
    'ask-npm': 'src/update/ask-npm.ts',
  },
  format: 'esm',
  target: 'node20',
  platform: 'node',
  splitting: true,
  sourcemap: false,
  clean: true,
  dts: false,
  // For the licence texts alone.
  metafile: true,
  // Bundled, because hundreds of small files are what a start waits for; each command is a chunk that
  // is loaded on demand. What has a native part, or is a world of its own, stays outside.
  noExternal: [/^(?!libsql$|ink|react|@inkjs|conf$)/],
  external: ['libsql', 'ink', 'react', 'conf', 'ink-testing-library'],
  // Some of the bundled packages are CommonJS and ask for Node's own modules.
  banner: {
    js: "import { createRequire as createRequireOf } from 'node:module'; const require = createRequireOf(import.meta.url);",
  },
  async onSuccess() {
    writeNotices(inputsOf(METAFILE), 'dist/THIRD-PARTY-NOTICES.txt');
    await rm(METAFILE, { force: true });
    const require = createRequire(import.meta.url);
    for (const part of PARSER_PARTS) {
      await copyFile(require.resolve(part), `dist/${basename(part)}`);
    }
    for (const [from, to] of PYTHON_PARTS) {
      await mkdir(to, { recursive: true });
      await cp(from, to, { recursive: true, filter: (path) => !path.includes('__pycache__') });
    }
  },
});
