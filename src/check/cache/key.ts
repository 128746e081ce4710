/** What an answer depends on besides the files of the Spaces. */
import { createHash } from 'node:crypto';
import { isAgent } from '../../shared/agent.js';

export type Environment = Readonly<Record<string, string | undefined>>;

/** What the report's looks, the settings and the platform may come from. */
const VARIABLES =
  /^(?:ZEROGPU_.*|GITHUB_ACTIONS|NO_COLOR|FORCE_COLOR|TERM|HOME|XDG_CONFIG_HOME|CI)$/;
/** These change files, ask others, or write elsewhere: their runs are not kept. */
const NOT_KEPT =
  /^(?:--(?:fix|unsafe-fixes|diff|watch|output|resolve|estimate|add-ignore|baseline|no-cache|help)(?:=.*)?|-|-h|hf:.*)$/;

export interface AskedWorld {
  readonly argv?: readonly string[];
  readonly env: Environment;
  readonly cwd: string;
  readonly stdout: { readonly isTTY?: boolean; readonly columns?: number };
}

/**
 * The name under which the answer to a command is kept; null for a command whose answer is not.
 *
 * @param build of zerogpu: another one may answer otherwise
 */
export function answerKey(world: AskedWorld, build: string | null): string | null {
  const { argv, env, cwd, stdout } = world;
  if (!argv || build === null || argv.some((word) => NOT_KEPT.test(word))) return null;
  const variables = Object.entries(env).filter(([name]) => VARIABLES.test(name));
  const seen = [stdout.isTTY === true, stdout.columns ?? 0, isAgent(env)];
  const parts = [build, argv, cwd, variables.sort(), ...seen];
  return digestOf(JSON.stringify(parts));
}

export function digestOf(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
