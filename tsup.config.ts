import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { copyFile, cp, mkdir, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { basename, join } from 'node:path';
import { build, defineConfig, type Options } from 'tsup';
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

type EsbuildPlugin = NonNullable<Options['esbuildPlugins']>[number];

/** What every bundle has. */
const COMMON = {
  target: 'node20',
  platform: 'node',
  sourcemap: false,
  dts: false,
  // Names stay as they are: a bug's stack is to be read.
  minifyWhitespace: true,
  minifySyntax: true,
  // Bundled, because hundreds of small files are what a start waits for; each command is a chunk that
  // is loaded on demand. What has a native part, or is a world of its own, stays outside.
  noExternal: [/^(?!libsql$|ink|react|@inkjs|conf$)/],
  external: ['libsql', 'ink', 'react', 'conf', 'ink-testing-library'],
} satisfies Options;

/** A file that shares nothing with the others. */
const ALONE = {
  ...COMMON,
  config: false,
  silent: true,
  splitting: false,
  clean: false,
} satisfies Options;

const CHECK_START: Options = {
  ...ALONE,
  entry: { 'check-start': 'src/cli/check-start.ts' },
  format: 'esm',
  define: { ZEROGPU_BUILD: JSON.stringify(buildDigest()) },
};

/** `check` as a function that can be kept compiled: src/cli/compiled.ts calls it. */
const CHECK_ALONE: Options = {
  ...ALONE,
  entry: { 'check-alone': 'src/cli/check-alone.ts' },
  format: 'cjs',
  banner: { js: '(function(exports,require,module,__dirname,__filename,__url){' },
  footer: { js: '})' },
  define: { ZEROGPU_BUILD: JSON.stringify(buildDigest()), 'import.meta.url': '__url' },
  // A script that is loaded by hand has no loader of its own: `import()` is `require()` in it.
  esbuildOptions(options) {
    options.supported = { 'dynamic-import': false };
    // They are in THIRD-PARTY-NOTICES.txt.
    options.legalComments = 'none';
    const parser = createRequire(import.meta.url).resolve('web-tree-sitter');
    options.alias = { 'web-tree-sitter': parser };
  },
};

/** Node's own modules by name, as CommonJS has them: an import of one reads all that it exports, streams included. */
const NODE_MODULES = {
  name: 'node-modules',
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^node:/ }, ({ path }) => ({ path, namespace: 'node-modules' }));
    onLoad({ filter: /.*/, namespace: 'node-modules' }, ({ path }) => ({
      contents:
        // Commander loads it for programs that are commands; it takes longer than printing the help.
        path === 'node:child_process'
          ? 'module.exports = {};'
          : `module.exports = process.getBuiltinModule(${JSON.stringify(path)});`,
    }));
  },
} satisfies EsbuildPlugin;

/** What a command loads when it runs stays outside of the file that prints its help. */
const NO_ACTIONS = {
  name: 'no-actions',
  setup({ onResolve }) {
    onResolve({ filter: /.*/ }, ({ kind, path }) =>
      kind === 'dynamic-import' ? { path, external: true } : null,
    );
  },
} satisfies EsbuildPlugin;

const HELP_ALONE: Options = {
  ...ALONE,
  entry: { 'help-alone': 'src/cli/help-alone.ts' },
  format: 'esm',
  define: { ZEROGPU_BUILD: JSON.stringify(buildDigest()) },
  // `node:` marks Node's own for the plugin.
  removeNodeProtocol: false,
  esbuildPlugins: [NO_ACTIONS, NODE_MODULES],
};

/** Script and styles of the console in the browser. */
const CONSOLE_PAGE: Options = {
  config: false,
  silent: true,
  entry: { main: 'src/web/page/main.tsx' },
  outDir: 'dist/console',
  format: 'esm',
  platform: 'browser',
  target: 'es2022',
  tsconfig: 'src/web/page/tsconfig.json',
  minify: true,
  splitting: false,
  sourcemap: false,
  clean: false,
  dts: false,
  noExternal: [/.*/],
  // It is in THIRD-PARTY-NOTICES.txt.
  esbuildOptions: (options) => {
    options.legalComments = 'none';
  },
};

export default defineConfig({
  ...COMMON,
  define: { ZEROGPU_BUILD: JSON.stringify(buildDigest()) },
  entry: {
    cli: 'src/cli/entry.ts',
    environments: 'src/python-env/index.ts',
    'ledger-writer': 'src/allocator/store/writer-thread.ts',
    'ask-npm': 'src/update/ask-npm.ts',
  },
  format: 'esm',
  splitting: true,
  clean: true,
  // For the licence texts alone.
  metafile: true,
  // Some of the bundled packages are CommonJS and ask for Node's own modules.
  banner: {
    js: "import { createRequire as createRequireOf } from 'node:module'; const require = createRequireOf(import.meta.url);",
  },
  async onSuccess() {
    writeNotices(inputsOf(METAFILE), 'dist/THIRD-PARTY-NOTICES.txt');
    await rm(METAFILE, { force: true });
    await build(CHECK_START);
    await build(CHECK_ALONE);
    await build(HELP_ALONE);
    await build(CONSOLE_PAGE);
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
