/** The whole command tree. */
import type { Command } from 'commander';
import type { World } from '../shared/world.js';
import { declareCall } from './commands/call.js';
import { declareCheck } from './commands/check.js';
import { declareCluster } from './commands/cluster.js';
import { declareCompletion } from './commands/completion.js';
import { declareConfig } from './commands/config.js';
import { declareDoctor } from './commands/doctor.js';
import { declareEnv } from './commands/env.js';
import { declareEstimate } from './commands/estimate.js';
import { declareExplain } from './commands/explain.js';
import { declareHelp } from './commands/help.js';
import { declareInit } from './commands/init.js';
import { declareLifecycle } from './commands/lifecycle.js';
import { declareLoad } from './commands/load.js';
import { declareLsp } from './commands/lsp.js';
import { declareMcp } from './commands/mcp.js';
import { declarePython } from './commands/python.js';
import { declareQuota } from './commands/quota.js';
import { declareRun } from './commands/run.js';
import { declareServe } from './commands/serve.js';
import { declareSimulate } from './commands/simulate.js';
import { declareSkills } from './commands/skills.js';
import { declareState } from './commands/state.js';
import { refuseEmptyValues } from './empty-values.js';
import { newProgram } from './new-program.js';

type Declare = (
  program: Command,
  world: World,
  setExitCode: (code: number) => void,
  toRun: readonly string[],
) => void;

/** What declares which commands, in the order of the help. */
const DECLARATIONS: readonly (readonly [names: readonly string[], declare: Declare])[] = [
  [['init'], declareInit],
  [['run'], (program, world, set, toRun) => declareRun(program, world, toRun, set)],
  [['call'], declareCall],
  [['estimate'], declareEstimate],
  [['status', 'logs', 'console', 'wait', 'stop'], declareLifecycle],
  [['check'], declareCheck],
  [['lsp'], declareLsp],
  [['quota'], declareQuota],
  [['explain'], declareExplain],
  [['serve'], declareServe],
  [['nodes', 'spaces'], declareCluster],
  [['simulate'], declareSimulate],
  [['load'], declareLoad],
  [['state'], declareState],
  [['doctor'], declareDoctor],
  // What has no name here looks at the other commands, so it needs all of them.
  [[], declareConfig],
  [[], declareCompletion],
  [['env'], declareEnv],
  [['python'], declarePython],
  [[], declareSkills],
  [[], declareMcp],
  [[], declareHelp],
];

/**
 * Builds the command tree; help, completion and docs are made from the whole of it.
 *
 * @param toRun what follows `--` on the command line
 * @param word the first word of the command line: where it names a command, the others are left out, which
 *   would take longer to declare than that one takes to print its help
 */
export function createProgram(
  world: World,
  toRun: readonly string[],
  setExitCode: (code: number) => void,
  word?: string,
): Command {
  const program = newProgram(world);
  refuseEmptyValues(program);
  const own = DECLARATIONS.filter(([names]) => word !== undefined && names.includes(word));
  for (const [, declare] of own.length > 0 ? own : DECLARATIONS) {
    declare(program, world, setExitCode, toRun);
  }
  return program;
}
