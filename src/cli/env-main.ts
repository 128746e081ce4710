/** `zerogpu env`: what it prints, and what it asks before something is removed. */
import { resolve } from 'node:path';
import { loadProfile } from '../platform/index.js';
import { type KeptEnvironment, keptEnvironments, setAside } from '../python-env/kept.js';
import { rebuildEnvironment } from '../python-env/rebuild.js';
import { formatBytes } from '../shared/bytes.js';
import { systemClock } from '../shared/clock.js';
import { alignColumns } from '../shared/columns.js';
import { type Confirm, confirmOn } from '../shared/confirm.js';
import { EXIT, UserError } from '../shared/errors.js';
import { printableLine } from '../shared/printable.js';
import { cacheDir } from '../shared/user-folders.js';
import type { World } from '../shared/world.js';
import { readSpace } from '../space/index.js';
import { chooseEnvironments, parseAge } from './env-choice.js';

/** `zerogpu env rm`, as the user wrote it. */
export interface RawEnvRemoveOptions {
  readonly all?: boolean;
  readonly unused?: string;
  readonly yes?: boolean;
}

/** Prints every environment that zerogpu has made. */
export async function listEnvironments(asJson: boolean, world: World): Promise<void> {
  const found = await keptEnvironments(cacheDir(world.env));
  if (asJson) {
    const environments = found.map(({ lastUsedMs, ...rest }) => ({
      ...rest,
      lastUsed: lastUsedMs === null ? null : new Date(lastUsedMs).toISOString(),
    }));
    world.stdout.write(`${JSON.stringify({ version: 1, environments }, null, 2)}\n`);
    return;
  }
  if (found.length === 0) {
    world.stderr.write('no environment: zerogpu run makes one for a Space that has none\n');
    return;
  }
  for (const line of table(found, systemClock.now().wallMs)) world.stdout.write(`${line}\n`);
  const bytes = found.reduce((sum, one) => sum + one.bytes, 0);
  world.stderr.write(`${formatBytes(bytes)} in all: zerogpu env rm NAME\n`);
}

/** @throws UserError E_USAGE, E_ENV_IN_USE */
export async function removeKept(
  names: readonly string[],
  raw: RawEnvRemoveOptions,
  world: World,
): Promise<void> {
  const cache = cacheDir(world.env);
  const chosen = chooseEnvironments(await keptEnvironments(cache), {
    names,
    all: raw.all ?? false,
    unusedMs: raw.unused === undefined ? null : parseAge(raw.unused),
    nowMs: systemClock.now().wallMs,
  });
  for (const { name, state } of chosen.kept) world.stderr.write(`kept ${name}: ${state}\n`);
  if (chosen.removed.length === 0) {
    world.stderr.write('no environment to remove\n');
    return;
  }
  const bytes = chosen.removed.reduce((sum, one) => sum + one.bytes, 0);
  for (const line of table(chosen.removed, systemClock.now().wallMs)) {
    world.stderr.write(`${line}\n`);
  }
  const count = chosen.removed.length;
  const what = `Remove ${count === 1 ? 'this environment' : `these ${count} environments`} (${formatBytes(bytes)})?`;
  if (!(raw.yes ?? false) && !(await asked(confirmOn(world), what))) return;
  for (const { name } of chosen.removed) {
    const aside = await setAside(name, cache);
    await aside?.remove();
    world.stderr.write(aside ? `removed ${name}\n` : `kept ${name}: in use\n`);
  }
}

/** Makes the environment of a Space again, from what the index and this machine offer today. */
export async function rebuild(
  dir: string,
  options: { readonly platform: string; readonly yes?: boolean },
  world: World,
): Promise<void> {
  const { name, versions } = loadProfile(options.platform);
  const made = await rebuildEnvironment({
    space: await readSpace(resolve(world.cwd, dir)),
    platform: { name, torch: versions.torch, python: versions.python },
    yes: options.yes ?? false,
    confirm: confirmOn(world),
    env: world.env,
    cacheDir: cacheDir(world.env),
    report: ({ message }) => void world.stderr.write(`  ${printableLine(message)}\n`),
    signal: world.interrupted,
  });
  world.stdout.write(`${made.python}\n`);
}

async function asked(confirm: Confirm | null, question: string): Promise<boolean> {
  if (confirm) return confirm(question);
  throw new UserError('E_USAGE', 'zerogpu env rm cannot ask here', {
    why: 'Without a terminal, and in CI, it removes only what --yes agrees to.',
    fix: 'zerogpu env rm … --yes',
    exitCode: EXIT.usage,
  });
}

function table(environments: readonly KeptEnvironment[], nowMs: number): readonly string[] {
  const rows = [
    ['name', 'Space', 'Python', 'torch', 'size', 'last used', ''],
    ...environments.map(({ name, space, python, torch, bytes, lastUsedMs, state }) => [
      name,
      printableLine(space ?? '-'),
      python ?? '-',
      torch ?? '-',
      formatBytes(bytes),
      lastUsedMs === null ? '-' : ageText(nowMs - lastUsedMs),
      state === 'ready' ? '' : state,
    ]),
  ];
  return alignColumns(rows);
}

/** `3 days ago`; today's are hours, or now. */
function ageText(ms: number): string {
  const hours = Math.floor(ms / 3_600_000);
  if (hours < 1) return 'now';
  if (hours < 48) return `${hours} h ago`;
  return `${Math.floor(hours / 24)} days ago`;
}
