/** Runs a command line on a command tree, and prints every failure in one way. */
import { type Command, CommanderError } from 'commander';
import { EXIT, signalExitCode, UserError } from '../shared/errors.js';
import type { World } from '../shared/world.js';
import { printFailure } from './failure.js';

/**
 * Builds the command tree.
 *
 * @param toRun what follows `--` on the command line
 * @param word the first word of the command line
 */
export type MakeProgram = (
  world: World,
  toRun: readonly string[],
  setExitCode: (code: number) => void,
  word?: string,
) => Command;

/**
 * Runs one command line.
 *
 * @returns the exit code (see docs/cli.md); never throws
 */
export async function runCommandLine(
  argv: readonly string[],
  world: World,
  makeProgram: MakeProgram,
): Promise<number> {
  let exitCode: number = EXIT.ok;
  // Cut here: to commander, the word after `--` would be the folder that was left out. Python has a
  // `--` of its own.
  const cut = argv[0] !== 'python' && argv.includes('--');
  const end = cut ? argv.indexOf('--') : argv.length;
  const own = withBareDebug(argv.slice(0, end));
  const setExitCode = (code: number) => {
    exitCode = code;
  };
  const program = makeProgram(world, argv.slice(end + 1), setExitCode, own[0]);
  try {
    if (own.length === 0) {
      program.outputHelp();
      return EXIT.ok;
    }
    await program.parseAsync(own, { from: 'user' });
    return exitCode;
  } catch (error) {
    // A signal that came while packages were installed, say: nothing failed.
    if (world.interrupted.aborted && error === world.interrupted.reason) {
      return signalExitCode(error);
    }
    const asJson = logFormat(own, world.env) === 'json';
    if (!(error instanceof CommanderError)) return printFailure(error, world, asJson);
    if (error.exitCode === 0) return EXIT.ok;
    // Commander has written the help already.
    if (error.code === 'commander.help') return EXIT.usage;
    const known = program.commands.find((command) => command.name() === own[0]);
    return printFailure(wrongUse(error, known?.name()), world, asJson);
  }
}

/** `run --debug demo`: the port may be left out, and commander would take the folder for it. */
function withBareDebug(words: readonly string[]): readonly string[] {
  return words.map((word, index) =>
    words[0] === 'run' && word === '--debug' && !/^\d+$/.test(words[index + 1] ?? '')
      ? '--debug=auto'
      : word,
  );
}

/** Commander's message, `error: what` and maybe a line `(why)`, as a UserError. */
function wrongUse({ code, message }: CommanderError, command: string | undefined): UserError {
  const [what = '', ...more] = message.replace(/^error: /, '').split('\n');
  if (code === 'commander.excessArguments') more.push('A program to run comes after --.');
  const why = more.map((line) => line.replace(/^\((.*)\)$/, '$1')).join('\n');
  return new UserError('E_USAGE', what, {
    ...(why === '' ? {} : { why }),
    fix: ['zerogpu', command, '--help'].filter(Boolean).join(' '),
  });
}

/** Read by hand: an error of the parser is printed in this format as well. */
function logFormat(argv: readonly string[], env: World['env']): string | undefined {
  const flag = /(?:^|\0)--log-format[=\0]([^\0]*)/.exec(argv.join('\0'));
  return flag?.[1] ?? env['ZEROGPU_LOG_FORMAT'];
}
