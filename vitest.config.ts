import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';

const setupFiles = ['test/support/hermetic.ts', 'test/support/seed.ts'];

/** End-to-end tests that measure time, load or the machine's processes: nothing may run beside them. */
const ALONE = [
  ...['answers', 'console', 'disk-full', 'faults', 'fsync-fails', 'quota', 'real-gpu'].map(
    (name) => `test/e2e/${name}.test.ts`,
  ),
  ...['serve', 'simulate-server', 'view-under-load'].map((name) => `test/e2e/${name}.test.ts`),
  ...['app', 'crowd'].map((name) => `test/faults/${name}.test.ts`),
  'test/soak/**/*.test.ts',
];

/** Under CI a test has a second try; the run's last lines name it all the same. */
const retry = process.env['CI'] ? 1 : 0;

/** Real packages, real processes. */
const realProcesses = {
  setupFiles,
  testTimeout: 120_000,
  hookTimeout: 240_000,
  retry,
  // Where a file runs tests at the same time: one a core of a small machine.
  maxConcurrency: 2,
};

/** Vitest leaves one core idle, which is half of a small machine. */
const everyCore = Math.max(2, availableParallelism());

export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: 'unit',
          setupFiles,
          include: ['test/**/*.test.{ts,tsx}'],
          exclude: ['test/e2e/**', 'test/faults/**', 'test/soak/**', 'test/matrix/**'],
          // A busy machine is no failure; what must be quick says so itself.
          expect: { poll: { timeout: 4_000 } },
          testTimeout: 60_000,
          hookTimeout: 60_000,
          maxWorkers: everyCore,
          retry,
        },
      },
      {
        test: {
          ...realProcesses,
          name: 'e2e',
          include: ['test/{e2e,faults}/**/*.test.ts'],
          exclude: ALONE,
          // Two Spaces at a time, each of which starts Python: more would wait for one another.
          maxWorkers: 2,
          sequence: { groupOrder: 1 },
        },
      },
      {
        test: {
          ...realProcesses,
          name: 'e2e-alone',
          include: ALONE,
          fileParallelism: false,
          sequence: { groupOrder: 2 },
        },
      },
      {
        test: {
          name: 'matrix',
          setupFiles,
          include: ['test/matrix/**/*.test.ts'],
          sequence: { groupOrder: 3 },
        },
      },
    ],
  },
});
