import { agentError, isAgent } from '../shared/agent.js';
import { EXIT, UserError } from '../shared/errors.js';
import { printableLine } from '../shared/printable.js';
import { asSystemError } from '../shared/system-error.js';
import type { World } from '../shared/world.js';

const WIDTH = 80;

/**
 * Prints what went wrong and returns the exit code. A user's mistake shows what, why and the fix; a
 * bug in zerogpu shows its stack.
 *
 * @param asJson as one line of `--log-format json`
 */
export function printFailure(thrown: unknown, world: World, asJson: boolean): number {
  const error = asSystemError(thrown) ?? thrown;
  if (error instanceof UserError) {
    const text = isAgent(world.env) ? agentError(error) : renderUserError(error);
    world.stderr.write(asJson ? `${JSON.stringify(errorObject(error))}\n` : text);
    if (world.env['ZEROGPU_DEBUG'] && error.stack) world.stderr.write(`${error.stack}\n`);
    return error.exitCode;
  }
  const stack = error instanceof Error ? (error.stack ?? error.message) : String(error);
  world.stderr.write(`bug    zerogpu failed in a way it should not\n${stack}\n`);
  return EXIT.bug;
}

/** One error as text: first line what, then why, then lines to paste; the code at the right. */
export function renderUserError(error: UserError): string {
  const head = `error  ${printableLine(error.message)}`;
  const gap = Math.max(2, WIDTH - head.length - error.code.length);
  const lines = [`${head}${' '.repeat(gap)}${error.code}`];
  for (const line of error.why?.split('\n') ?? []) lines.push(`  ${printableLine(line)}`);
  error.fix.forEach((line, i) => {
    lines.push(`  ${i === 0 ? 'fix' : '   '}    ${printableLine(line)}`);
  });
  return `${lines.join('\n')}\n`;
}

function errorObject(error: UserError): object {
  const { code, message, why, fix } = error;
  return { error: { code, message, why: why ?? null, fix } };
}
