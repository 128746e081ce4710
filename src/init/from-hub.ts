/** `init --from hf:OWNER/NAME`: the files of a Space as they are, in a folder of one's own. */
import { relative, resolve } from 'node:path';
import {
  bringSpace,
  createHub,
  formatHubName,
  type HubAddress,
  type HubName,
  readHubSettings,
} from '../hub/index.js';
import { confirmOn } from '../shared/confirm.js';
import { EXIT, UserError } from '../shared/errors.js';
import { interruptible } from '../shared/interruption.js';
import { addRepository } from './git.js';
import type { InitWorld } from './init.js';
import type { InitOptions } from './options.js';
import { planFiles } from './plan.js';
import { nextCommands, planLines } from './words.js';
import { copyFiles, presentFiles } from './write.js';

/**
 * @param said the folder as the user wrote it; the Space's name by default
 * @returns the exit code
 * @throws HubError; UserError E_INIT_EXISTS, E_INIT_WRITE; the signal's reason when it was interrupted
 */
export function initFromHub(
  said: string | undefined,
  name: HubName | HubAddress,
  options: InitOptions,
  world: InitWorld,
): Promise<number> {
  return interruptible(world.interrupted, () => copySpace(said, name, options, world));
}

async function copySpace(
  said: string | undefined,
  from: HubName | HubAddress,
  options: InitOptions,
  world: InitWorld,
): Promise<number> {
  const { interrupted } = world;
  const hub = createHub({ settings: await readHubSettings(world.env), interrupted });
  const name = await hub.named(from);
  const dir = said ?? name.id.split('/')[1] ?? '.';
  const target = resolve(world.cwd, dir);
  const say = (line: string) => void world.stderr.write(`${line}\n`);
  const { yes, maxDownloadBytes, force, dryRun, git } = options;
  const consent = { yes, mostBytes: maxDownloadBytes, confirm: confirmOn(world) };

  // Files in the way are reported before gigabytes are downloaded.
  const listed = await hub.planSnapshot(name.id, name.revision);
  const present = await presentFiles(target, listed.files);
  const plan = planFiles(listed.files, present, force ? 'overwrite' : 'refuse');
  if (plan.conflicts.length > 0) throw inTheWay(plan.conflicts, dir, name);
  const shown = relative(world.cwd, target) || '.';
  if (dryRun) {
    world.stderr.write(planLines(plan, shown, true));
    return EXIT.ok;
  }
  const root = await bringSpace(hub, name, listed, consent, say, interrupted);
  await copyFiles(target, plan.files, root);
  world.stderr.write(planLines(plan, shown, false));
  if (git ?? true) await addRepository(target, world.stderr);
  world.stdout.write(nextCommands(shown, [], false));
  return EXIT.ok;
}

function inTheWay(conflicts: readonly string[], dir: string, name: HubName): UserError {
  const [first, ...others] = conflicts;
  const more = others.length === 0 ? '' : ` and ${others.length} more`;
  const from = formatHubName(name);
  return new UserError('E_INIT_EXISTS', `${first}${more} would be overwritten`, {
    why: `These are there already: ${conflicts.slice(0, 10).join(', ')}. Nothing was written.`,
    fix: [
      `zerogpu init OTHER_DIR --from ${from}`,
      `zerogpu init ${dir} --from ${from} --force   (replaces them)`,
    ],
  });
}
