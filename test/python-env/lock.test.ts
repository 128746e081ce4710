import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { withLock } from '../../src/python-env/lock.js';
import { thisPlace } from '../../src/shared/process-place.js';
import { fileClockMs, temporaryFolder } from '../support/supervise.js';

const NOBODY = { pid: 2 ** 22 - 1, startTime: 1 };
const TEN_MINUTES_MS = 600_000;

describe('a lock', () => {
  it('of a process that is gone does not block the next', async () => {
    const path = join(temporaryFolder(), 'lock');
    writeFileSync(path, JSON.stringify({ ...NOBODY, ...thisPlace() }));
    expect(await withLock(path, { onWait: () => {} }, async () => existsSync(path))).toBe(true);
    expect(existsSync(path)).toBe(false);
  });

  it('of a container is waited for, although its pid names no process here, until it is old', async () => {
    const path = join(temporaryFolder(), 'lock');
    writeFileSync(path, JSON.stringify({ ...NOBODY, ...thisPlace(), pidNamespace: 'pid:[1]' }));
    const waited: number[] = [];
    let got = false;
    let nowMs = fileClockMs();
    const options = { onWait: ({ pid }: { pid: number }) => waited.push(pid), now: () => nowMs };
    const work = withLock(path, options, async () => {
      got = true;
    });
    await expect.poll(() => waited).toEqual([NOBODY.pid]);
    await sleep(400);
    expect(got).toBe(false);
    nowMs += TEN_MINUTES_MS;
    await work;
    expect(got).toBe(true);
  });
});
