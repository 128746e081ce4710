/** `zerogpu doctor`: looks, judges, prints; `--json` is what an issue asks for. */
import { homedir } from 'node:os';
import { resolve } from 'node:path';
import { EXIT } from '../shared/errors.js';
import { choosePaint, type Paint } from '../shared/paint.js';
import { stateDir } from '../shared/user-folders.js';
import type { World } from '../shared/world.js';
import { gatherFacts } from './gather.js';
import { type Diagnosis, judge, type Verdict } from './judge.js';

export interface RawDoctorOptions {
  readonly json?: boolean;
  readonly ascii?: boolean;
  readonly stateDir?: string;
}

/** What `doctor` may touch of its process. */
export type DoctorWorld = Pick<World, 'env' | 'cwd' | 'stdout'>;

/**
 * Runs one `zerogpu doctor`.
 *
 * @param dir folder of the Space whose Python is looked for
 * @param version of zerogpu
 * @returns the exit code: 0, or 3 when something is in the way of `run`
 */
export async function doctor(
  dir: string,
  options: RawDoctorOptions,
  world: DoctorWorld,
  version: string,
): Promise<number> {
  const facts = await gatherFacts({
    dir: resolve(world.cwd, dir),
    stateDir: resolve(world.cwd, stateDir(options.stateDir ?? null, world.env)),
    env: world.env,
    version,
  });
  const verdict = judge(facts);
  const isFailed = verdict.checks.some(({ status }) => status === 'fail');
  const paint = choosePaint('auto', world.env, world.stdout.isTTY === true);
  const text = options.json
    ? `${JSON.stringify({ version: 1, zerogpu: version, ...verdict, facts }, null, 2)}\n`
    : renderDoctor(verdict, version, options.ascii ? ASCII : UNICODE, paint);
  world.stdout.write(withoutHome(text, world.env['HOME'] ?? homedir()));
  return isFailed ? EXIT.cannot : EXIT.ok;
}

type Symbols = Readonly<Record<Diagnosis['status'], string>>;

const UNICODE: Symbols = { ok: '✓', info: 'i', warn: '!', fail: '✗' };
const ASCII: Symbols = { ok: '+', info: 'i', warn: '!', fail: 'x' };
const COLOURS = { ok: 'green', info: 'blue', warn: 'yellow', fail: 'red' } as const;

/** One line for each check, its fix below it, and what works at the end. */
export function renderDoctor(
  { checks, readyFor }: Verdict,
  version: string,
  symbols: Symbols = UNICODE,
  paint: Paint = (_colour, text) => text,
): string {
  const lines = checks.flatMap(({ status, text, fix }) => [
    `${paint(COLOURS[status], symbols[status])} ${text}`,
    ...(fix === null ? [] : [`    fix  ${fix}`]),
  ]);
  const ready = readyFor.map((command) => `zerogpu ${command}`).join(', ');
  return [`zerogpu ${version}`, ...lines, `ready for: ${ready}`, ''].join('\n');
}

/** What people paste into an issue need not have their name in it. */
function withoutHome(text: string, home: string): string {
  return home.length > 1 ? text.replaceAll(`${home}/`, '~/') : text;
}
