import type { Reporter, TestModule } from 'vitest/node';
import { excuseOf } from './expected-skips.js';

/**
 * Ends a run with the names of the tests that failed, or passed only when tried again, and the one line
 * that any script can read: `N passed, N failed`. A skip that expected-skips.ts does not excuse counts
 * as failed.
 */
export default class SummaryReporter implements Reporter {
  /** @param reason `interrupted` leaves tests without a result, which are not skips */
  onTestRunEnd(
    modules: readonly TestModule[],
    unhandled: readonly unknown[],
    reason: 'passed' | 'interrupted' | 'failed',
  ): void {
    let passed = 0;
    let failed = unhandled.length;
    let skipped = 0;
    const unexpected: string[] = [];
    const named: string[] = unhandled.map(
      (error) => `Failed: unhandled error: ${firstLine(error)}`,
    );
    // `-t PATTERN` skips the rest on purpose; so does a run that was cut short.
    const isWhole =
      reason !== 'interrupted' &&
      !process.argv.some((word) => /^(-t|--testNamePattern)/.test(word));
    const isExcused = (module: TestModule, name: string) =>
      !isWhole || module.state() === 'failed' || excuseOf(module.moduleId, name) !== null;
    for (const module of modules) {
      let inModule = 0;
      for (const test of module.children.allTests()) {
        const { state, errors } = test.result();
        const name = `${module.relativeModuleId} > ${test.fullName}`;
        if (state === 'passed') {
          passed += 1;
          if (test.diagnostic()?.flaky) named.push(`Passed at the second try: ${name}`);
        } else if (state === 'failed') {
          failed += 1;
          named.push(`Failed: ${name}: ${firstLine(errors?.[0])}`);
        } else if (isExcused(module, test.fullName)) skipped += 1;
        else {
          failed += 1;
          unexpected.push(name);
        }
        if (state === 'failed') inModule += 1;
      }
      // A file that could not even be loaded has no failed test to count.
      if (module.state() === 'failed' && inModule === 0) {
        failed += 1;
        named.push(`Failed: ${module.relativeModuleId}: ${firstLine(module.errors()[0])}`);
      }
    }
    if (unexpected.length > 0) {
      process.stdout.write(`\nSkipped without a reason in expected-skips.ts:\n`);
      process.stdout.write(unexpected.map((name) => `  ${name}\n`).join(''));
      process.exitCode = 1;
    }
    if (named.length > 0) process.stdout.write(`\n${named.join('\n')}\n`);
    const rest = skipped > 0 ? `, ${skipped} skipped` : '';
    process.stdout.write(`\n${passed} passed, ${failed} failed${rest}\n`);
  }
}

/** The first line of what was thrown, short enough for a list. */
function firstLine(error: unknown): string {
  const message = (error as { message?: unknown } | undefined)?.message ?? error ?? 'no message';
  return (String(message).split('\n')[0] as string).slice(0, 200);
}
