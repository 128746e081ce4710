/** Brings a Space that was named on a command line: asks first where it is large, and tells how far it is. */
import { formatBytes } from '../shared/bytes.js';
import { systemClock } from '../shared/clock.js';
import type { Confirm } from '../shared/confirm.js';
import { tooLarge } from './errors.js';
import { formatHubName, type HubName } from './names.js';
import type { Hub, SnapshotPlan } from './port.js';

/** What may be downloaded. */
export interface Consent {
  /** Any amount, but for `mostBytes`. */
  readonly yes: boolean;
  /** No more than this, whatever else is said; null for no such limit. */
  readonly mostBytes: number | null;
  /** Asks a person; null without a terminal. */
  readonly confirm: Confirm | null;
}

/** Code, pictures and examples of a Space are smaller than this, and what is larger is weights. */
const UNASKED_BYTES = 100_000_000;
/** A download below this is over before its line is read. */
const REPORT_FROM_BYTES = 5_000_000;
const REPORT_EVERY_MS = 2_000;

/** Pure: `limit` when an explicit limit forbids it. */
export function judgeDownload(
  bytes: number,
  { yes, mostBytes, confirm }: Consent,
): 'bring' | 'ask' | 'refuse' | 'limit' {
  if (mostBytes !== null) return bytes <= mostBytes ? 'bring' : 'limit';
  if (yes || bytes <= UNASKED_BYTES) return 'bring';
  return confirm ? 'ask' : 'refuse';
}

/**
 * Brings all files of a plan into the shared cache.
 *
 * @param name as the user said it
 * @param say takes one line of talk at a time
 * @returns the folder of the snapshot, links into the cache
 * @throws HubError
 */
export async function bringSpace(
  hub: Hub,
  name: HubName,
  plan: SnapshotPlan,
  consent: Consent,
  say: (line: string) => void,
  signal: AbortSignal,
): Promise<string> {
  const { missingBytes } = plan;
  say(describePlan(plan));
  await agree(plan, name, consent);
  let reportedMs = systemClock.now().monotonicMs;
  return hub.snapshot(
    plan,
    (bytes) => {
      const nowMs = systemClock.now().monotonicMs;
      if (missingBytes < REPORT_FROM_BYTES || nowMs - reportedMs < REPORT_EVERY_MS) return;
      reportedMs = nowMs;
      const percent = Math.floor((bytes / missingBytes) * 100);
      say(`${formatBytes(bytes)} of ${formatBytes(missingBytes)} (${percent} %)`);
    },
    signal,
  );
}

/** `ada/hello at 3f2a1b0c: 12 files, 34.2 kB, all in the cache`. */
export function describePlan({ id, sha, files, bytes, missingBytes }: SnapshotPlan): string {
  const count = `${files.length} ${files.length === 1 ? 'file' : 'files'}`;
  const left = missingBytes === 0 ? 'all in the cache' : `${formatBytes(missingBytes)} to download`;
  return `${id} at ${sha.slice(0, 8)}: ${count}, ${formatBytes(bytes)}, ${left}`;
}

async function agree(plan: SnapshotPlan, name: HubName, consent: Consent): Promise<void> {
  const { missing, missingBytes } = plan;
  const verdict = judgeDownload(missingBytes, consent);
  if (verdict === 'bring') return;
  const size = formatBytes(missingBytes);
  if (verdict === 'ask' && (await consent.confirm?.(`Download ${size} for ${plan.id}?`))) return;
  const largest = [...missing].sort((a, b) => b.bytes - a.bytes).slice(0, 3);
  const why = [
    verdict === 'limit' && consent.mostBytes !== null
      ? `It would download ${size}, and --max-download is ${formatBytes(consent.mostBytes)}.`
      : `It would download ${size}; ${formatBytes(UNASKED_BYTES)} come unasked.`,
    ...largest.map(({ path, bytes }) => `${path}: ${formatBytes(bytes)}`),
  ].join('\n');
  const enough = `${Math.ceil(missingBytes / 1e6)}MB`;
  throw tooLarge(
    formatHubName(name),
    why,
    verdict === 'limit'
      ? [`--max-download ${enough}`]
      : [`--max-download ${enough}`, '--yes   (whatever it is)'],
  );
}
