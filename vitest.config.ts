import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: 'unit',
          setupFiles: ['test/support/hermetic.ts', 'test/support/seed.ts'],
          include: ['test/**/*.test.{ts,tsx}'],
          exclude: ['test/e2e/**', 'test/faults/**', 'test/soak/**', 'test/matrix/**'],
          // A busy machine is no failure; what must be quick says so itself.
          expect: { poll: { timeout: 4_000 } },
          testTimeout: 60_000,
          hookTimeout: 60_000,
        },
      },
      {
        // Real packages, real processes: one file at a time, so that timings on two cores hold.
        test: {
          name: 'e2e',
          setupFiles: ['test/support/hermetic.ts', 'test/support/seed.ts'],
          include: ['test/{e2e,faults,soak}/**/*.test.ts'],
          fileParallelism: false,
          testTimeout: 120_000,
          hookTimeout: 240_000,
          // Under CI a test of real processes has a second try; the run's last lines name it all the same.
          retry: process.env.CI ? 1 : 0,
          // Where a file runs tests at the same time: one a core of a small machine.
          maxConcurrency: 2,
        },
      },
      {
        test: {
          name: 'matrix',
          setupFiles: ['test/support/hermetic.ts', 'test/support/seed.ts'],
          include: ['test/matrix/**/*.test.ts'],
        },
      },
    ],
  },
});
