/** The whole command tree. */
import type { Command } from 'commander';
import { declareCall } from './commands/call.js';
import { declareCheck } from './commands/check.js';
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
  const program = newProgram(world);
  refuseEmptyValues(program);
  declareInit(program, world, setExitCode);
  declareRun(program, world, toRun, setExitCode);
  declareCall(program, world, setExitCode);
  declareEstimate(program, world, setExitCode);
  declareLifecycle(program, world, setExitCode);
  declareCheck(program, world, setExitCode);
  declareLsp(program, world, setExitCode);
  declareQuota(program, world, setExitCode);
  declareExplain(program, world, setExitCode);
  declareServe(program, world, setExitCode);
  declareSimulate(program, world, setExitCode);
  declareLoad(program, world, setExitCode);
  declareState(program, world);
  declareDoctor(program, world, setExitCode);
  declareConfig(program, world, setExitCode);
  declareCompletion(program, world);
  declareEnv(program, world);
  declarePython(program, world, setExitCode);
  declareSkills(program, world, setExitCode);
  declareMcp(program, world, setExitCode);
  declareHelp(program, world);
  return program;
}
