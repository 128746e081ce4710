/** An estimate by GPU function instead of endpoint: what `zerogpu check --estimate` holds against the code. */
import { resolve } from 'node:path';
import { isHubName } from '../hub/names.js';
import type { EstimatedFunction } from '../platform/estimated-function.js';
import { loadProfile } from '../platform/index.js';
import type { PlatformProfile } from '../platform/schema.js';
import { interruptible } from '../shared/interruption.js';
import { answersOf } from './ask.js';
import type { EstimateWorld } from './estimate.js';
import { CONTEXT_BYTES, figuresOf, limitOf, ranOut } from './figures.js';
import type { Observed, Start } from './observe.js';
import type { CallRecord } from './records.js';

/**
 * Calls each endpoint of a Space once on the weightless device.
 *
 * @param space a folder, or `hf:OWNER/NAME`
 * @throws UserError E_PLATFORM_UNKNOWN, E_ESTIMATE_FILES, E_ESTIMATE_START
 */
export async function estimateFunctions(
  space: string,
  platform: string,
  world: Pick<EstimateWorld, 'env' | 'cwd' | 'stderr' | 'interrupted'>,
): Promise<{ functions: readonly EstimatedFunction[]; failures: readonly string[] }> {
  const profile = loadProfile(platform);
  const observer = { ...world, say: (text: string) => void world.stderr.write(text) };
  const start: Start = {
    ...{ space: isHubName(space) ? space : resolve(world.cwd, space), profile },
    ...{ python: null, maxDownload: null, vramBytes: null, keepsSnapshots: false },
  };
  const all = { endpoint: null, words: [], variations: [], largest: null };
  return interruptible(world.interrupted, async () => {
    observer.say(`${platform}: the Space starts without its weights\n`);
    const { observed } = await answersOf(start, all, observer);
    return { functions: functionEstimates(observed, profile), failures: failuresIn(observed) };
  });
}

/** Pure: by name of the function, in the order in which they were called first. */
export function functionEstimates(
  observed: readonly Pick<Observed, 'records'>[],
  profile: PlatformProfile,
): readonly EstimatedFunction[] {
  const byName = new Map<string, CallRecord[]>();
  for (const record of observed.flatMap(({ records }) => records)) {
    if (record.function === null || (record.error !== null && !ranOut(record))) continue;
    byName.set(record.function, [...(byName.get(record.function) ?? []), record]);
  }
  return [...byName].map(([name, records]) => {
    const each = records.map((record) => ({
      record,
      figures: figuresOf({ records: [record], declaredSeconds: null, failure: null }, profile),
    }));
    const most = each.reduce((a, b) => (b.record.peakBytes > a.record.peakBytes ? b : a));
    const slowest = each.reduce((a, b) =>
      (b.figures.seconds?.high ?? 0) > (a.figures.seconds?.high ?? 0) ? b : a,
    );
    const askedSize = most.record.size;
    return {
      ...{ name, askedSize, size: most.figures.size, peakBytes: most.record.peakBytes },
      roomBytes: limitOf(profile, askedSize) - CONTEXT_BYTES,
      seconds: slowest.figures.seconds,
      suggestedSeconds: most.figures.size === null ? null : declaredOf(slowest.figures),
    };
  });
}

const declaredOf = ({ declare }: ReturnType<typeof figuresOf>) => declare?.seconds ?? null;

function failuresIn(observed: readonly Observed[]): readonly string[] {
  return observed.flatMap(({ endpoint, failure, records }) => {
    const isMemory = records.some(ranOut);
    return failure === null || isMemory ? [] : [`${endpoint}: ${failure}`];
  });
}
