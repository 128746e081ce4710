import { EXIT, UserError } from '../shared/errors.js';
import type { Space } from '../space/index.js';
import { findBasePythons } from './base-python.js';
import { keptEnvironments, type SetAside, setAside } from './kept.js';
import { ensureManaged, environmentDir } from './managed.js';
import { planForSpace } from './plan.js';
import type { BuildContext, PlatformVersions, PythonEnvironment } from './types.js';

export interface RebuildRequest extends BuildContext {
  readonly space: Space;
  readonly platform: PlatformVersions;
}

/**
 * Makes the environment of a Space again: what was given up when it was made is tried once more. The
 * old one is kept until the new one is whole.
 *
 * @throws UserError E_ENV_IN_USE; what `ensureManaged` throws
 */
export async function rebuildEnvironment(request: RebuildRequest): Promise<PythonEnvironment> {
  const { space, platform, ...context } = request;
  const plan = planForSpace(space, platform);
  const { wanted, atHand } = await findBasePythons(
    plan.wantedPythons,
    plan.belowPythonMinor,
    context,
  );
  const dirs = [wanted, atHand].flatMap((facts) =>
    facts === null ? [] : [environmentDir(context.cacheDir, plan, facts.version)],
  );
  const found = (await keptEnvironments(context.cacheDir)).filter(({ dir }) => dirs.includes(dir));
  const busy = found.find(({ state }) => state === 'in use' || state === 'being made');
  if (busy) {
    throw new UserError('E_ENV_IN_USE', `${busy.name} is ${busy.state}`, {
      why: 'A process runs from it: it would lose its packages.',
      fix: 'stop the run, then try again',
      exitCode: EXIT.cannot,
    });
  }
  const aside: SetAside[] = [];
  for (const { name } of found)
    aside.push(...[(await setAside(name, context.cacheDir)) ?? []].flat());
  const blame = [
    ...(space.requirements?.requirements ?? []),
    ...(space.preRequirements?.requirements ?? []),
  ];
  try {
    const made = await ensureManaged({ plan, blame }, context);
    for (const one of aside) await one.remove();
    return made;
  } catch (error) {
    for (const one of aside) await one.restore();
    throw error;
  }
}
