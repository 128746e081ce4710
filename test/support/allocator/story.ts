import { setTimeout as sleep } from 'node:timers/promises';
import { wire } from './daemon.js';

/** What one client knows of one call, in milliseconds of its own monotonic clock. */
export interface Story {
  readonly visitor: string;
  /** Earliest and latest start of the charge. */
  startedAfter: number | null;
  startedBefore: number | null;
  releaseSent: number | null;
  releaseTold: number | null;
}

/** What is wrong with the charge of a call whose release was acknowledged, or null. */
export function wrongCharge(story: Story, usedMs: number): string | null {
  const { visitor, startedAfter, startedBefore, releaseSent, releaseTold } = story;
  // A millisecond for the rounding up, and one for the two clocks' grain.
  const least = (releaseSent ?? 0) - (startedBefore ?? 0) - 2;
  const most = (releaseTold ?? 0) - (startedAfter ?? 0) + 2;
  if (usedMs >= least && usedMs <= most) return null;
  return `${visitor}: charged ${usedMs} ms, held ${least} to ${most} ms`;
}

/** Asks again without an answer: the worker does not end with the allocator. */
export async function patiently(
  url: () => string,
  path: 'allow' | 'release',
  query: Record<string, string | number>,
  tries: number,
): ReturnType<typeof wire> {
  for (let left = tries; left > 0; left -= 1) {
    const answer = await wire(url(), path, query);
    if (answer) return answer;
    await sleep(30);
  }
  return null;
}
