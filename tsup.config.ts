import { cp, mkdir } from 'node:fs/promises';
import { defineConfig } from 'tsup';

/** Python that runs inside the Space's processes: shipped as files, never bundled. */
const PYTHON_PARTS = [
  ['src/run/python', 'dist/python/runtime'],
  ['src/gpu/mock/emulated_cuda', 'dist/python/emulated/emulated_cuda'],
] as const;

export default defineConfig({
  entry: { cli: 'src/cli/entry.ts', environments: 'src/run/python-env/index.ts' },
  format: 'esm',
  target: 'node20',
  platform: 'node',
  splitting: true,
  sourcemap: false,
  clean: true,
  dts: false,
  // Dependencies stay in node_modules; start-up is kept short by loading each command on demand.
  skipNodeModulesBundle: true,
  async onSuccess() {
    for (const [from, to] of PYTHON_PARTS) {
      await mkdir(to, { recursive: true });
      await cp(from, to, { recursive: true, filter: (path) => !path.includes('__pycache__') });
    }
  },
});
