import { Command, CommanderError } from 'commander';
import { EXIT, signalExitCode, UserError } from '../shared/errors.js';
import { declareCheck } from './commands/check.js';
import { declareCompletion } from './commands/completion.js';
import { declareConfig } from './commands/config.js';
import { declareDoctor } from './commands/doctor.js';
import { declareEnv } from './commands/env.js';
import { declareExplain } from './commands/explain.js';
import { declareHelp } from './commands/help.js';
import { declareInit } from './commands/init.js';
import { declareLsp } from './commands/lsp.js';
import { declarePython } from './commands/python.js';
import { declareQuota } from './commands/quota.js';
import { declareRun } from './commands/run.js';
import { declareServe } from './commands/serve.js';
import { declareSimulate } from './commands/simulate.js';
import { declareSkills } from './commands/skills.js';
import { declareState } from './commands/state.js';
import { printFailure } from './failure.js';
import { VERSION } from './version.js';
import type { World } from './world.js';

/**
 * Builds the whole command tree; help, completion and docs are made from it.
 *
 * @param toRun what follows `--` on the command line
 */
export function createProgram(
  world: World,
  toRun: readonly string[],
  setExitCode: (code: number) => void,
): Command {
  const program = new Command('zerogpu')
    .description('Run, check and understand Hugging Face ZeroGPU Spaces on your own machine.')
    .version(VERSION, '-V, --version')
    .showSuggestionAfterError()
    .enablePositionalOptions()
    .exitOverride()
    .configureOutput({
      writeOut: (text) => void world.stdout.write(text),
      writeErr: (text) => void world.stderr.write(text),
      // Wrong use is printed as every other error is.
      outputError: () => {},
    });
  declareInit(program, world, setExitCode);
  declareRun(program, world, toRun, setExitCode);
  declareCheck(program, world, setExitCode);
  declareLsp(program, world, setExitCode);
  declareQuota(program, world, setExitCode);
  declareExplain(program, world, setExitCode);
  declareServe(program, world, setExitCode);
  declareSimulate(program, world, setExitCode);
  declareState(program, world);
  declareDoctor(program, world, setExitCode);
  declareConfig(program, world, setExitCode);
  declareCompletion(program, world);
  declareEnv(program, world);
  declarePython(program, world, setExitCode);
  declareSkills(program, world, setExitCode);
  declareHelp(program, world);
  return program;
}

/**
 * Runs one command line.
 *
 * @returns the exit code (see docs/cli.md); never throws
 */
export async function main(argv: readonly string[], world: World): Promise<number> {
  let exitCode: number = EXIT.ok;
  // Cut here: to commander, the word after `--` would be the folder that was left out. Python has a
  // `--` of its own.
  const cut = argv[0] !== 'python' && argv.includes('--');
  const end = cut ? argv.indexOf('--') : argv.length;
  const own = argv.slice(0, end);
  const program = createProgram(world, argv.slice(end + 1), (code) => {
    exitCode = code;
  });
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
