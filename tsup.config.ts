import { cp, mkdir } from 'node:fs/promises';
import { defineConfig } from 'tsup';

/** Python that runs inside the Space's processes: shipped as files, never bundled. */
const PYTHON_PARTS = [
  ['src/run/python', 'dist/python/runtime'],
  ['src/gpu/mock/emulated_cuda', 'dist/python/emulated/emulated_cuda'],
] as const;

export default defineConfig({
  entry: {
    cli: 'src/cli/entry.ts',
    environments: 'src/run/python-env/index.ts',
    'ledger-writer': 'src/allocator/store/writer-thread.ts',
  },
  format: 'esm',
  target: 'node20',
  platform: 'node',
  splitting: true,
  sourcemap: false,
  clean: true,
  dts: false,
  // Bundled, because hundreds of small files are what a start waits for; each command is a chunk that
  // is loaded on demand. What has a native part, or is a world of its own, stays outside.
  noExternal: [/^(?!libsql$|ink|react|@inkjs|conf$)/],
  external: ['libsql', 'ink', 'react', '@inkjs/ui', 'conf', 'ink-testing-library'],
  // Some of the bundled packages are CommonJS and ask for Node's own modules.
  banner: {
    js: "import { createRequire as createRequireOf } from 'node:module'; const require = createRequireOf(import.meta.url);",
  },
  async onSuccess() {
    for (const [from, to] of PYTHON_PARTS) {
      await mkdir(to, { recursive: true });
      await cp(from, to, { recursive: true, filter: (path) => !path.includes('__pycache__') });
    }
  },
});
