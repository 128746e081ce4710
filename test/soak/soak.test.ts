/**
 * A crowd of clients and a row of faults, both from a seed, against a real `zerogpu serve`; at the end the
 * books have to agree to the millisecond, and the daemon has to be as small as it began.
 *
 * ZEROGPU_SOAK_SECONDS (6 by default, 600 for a night, 3600 for an hour), ZEROGPU_SOAK_SEED and
 * ZEROGPU_SOAK_CALLERS; a long one prints each minute what the daemon has.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, expect, it } from 'vitest';
import { identifyProcess, isProcessAlive } from '../../src/shared/process-table.js';
import { wrongCharge } from '../support/allocator/story.js';
import { ASKED_SECONDS, Caller, type Counts, type SoakStory } from '../support/soak/caller.js';
import { SoakHost } from '../support/soak/host.js';
import { createRandom, type Random } from '../support/soak/random.js';

const SECONDS = Number(process.env['ZEROGPU_SOAK_SECONDS'] ?? 6);
const SEED = Number(process.env['ZEROGPU_SOAK_SEED'] ?? 20_261_124);
const CALLERS = Number(process.env['ZEROGPU_SOAK_CALLERS'] ?? 12);
/** How often a long one prints what the daemon has. */
const SAMPLE_EVERY_MS = 60_000;
const SLICES = 6;
/** What a machine that is busy with other things may take to see a deadline. */
const LATE_MS = 5_000;

const state = mkdtempSync(join(tmpdir(), 'zerogpu-soak-'));
const host = new SoakHost(state, SLICES, ['/zerogpu/soak-a', '/zerogpu/soak-b']);
const counts: Counts = {
  ...{ calls: 0, granted: 0, queued: 0, left: 0 },
  ...{ overran: 0, doubleReleases: 0, strangers: 0 },
};
const faults: Record<string, number> = {};
const stories: SoakStory[] = [];
const complaints: string[] = [];
const callers = Array.from(
  { length: CALLERS },
  (_, task) => new Caller(host, task + 1, createRandom(SEED, task), counts, stories, complaints),
);

afterAll(async () => {
  for (const caller of callers) caller.process?.kill('SIGKILL');
  await host.end().catch(() => {});
  rmSync(state, { recursive: true, force: true });
});

/** One fault after the other, until the time is over; the daemon is killed in the first part of it. */
async function trouble(random: Random, killsUntilMs: number, untilMs: number): Promise<void> {
  const kinds: Readonly<Record<string, () => Promise<void>>> = {
    'kill -9 of the allocator': () => host.killAndRestart(),
    'allocator frozen': () => host.freeze(random.between(50, 800)),
    'worker killed': async () => void random.pick(callers)?.process?.kill('SIGKILL'),
    'worker stopped': async () => {
      const worker = random.pick(callers)?.process;
      worker?.kill('SIGSTOP');
      await sleep(random.between(20, 400));
      worker?.kill('SIGCONT');
    },
    'garbage sent': async () => {
      for (const path of ['schedule?durationSeconds=-1', 'allow?pid=x', 'release?', '%00', '']) {
        await fetch(`${host.daemon.url}/${path}`, { method: 'POST' }).catch(() => {});
      }
    },
    'stream left unread': async () => {
      const leaving = new AbortController();
      const url = `${host.daemon.url}/schedule?cgroupPath=${host.spaces[0]}&taskId=99&durationSeconds=1`;
      const asked = fetch(url, { method: 'POST', signal: leaving.signal }).catch(() => {});
      await sleep(random.between(0, 50));
      leaving.abort();
      await asked;
    },
  };
  const names = Object.keys(kinds);
  while (performance.now() < untilMs) {
    await sleep(random.between(50, 700));
    const mayKill = performance.now() < killsUntilMs;
    const name = random.pick(mayKill ? names : names.slice(1)) ?? '';
    faults[name] = (faults[name] ?? 0) + 1;
    await kinds[name]?.();
  }
}

function sampleUsage(startedMs: number): NodeJS.Timeout {
  return setInterval(() => {
    const second = Math.round((performance.now() - startedMs) / 1_000);
    // A daemon that is down or frozen now has its figures next time.
    void host.usage().then(
      (usage) => process.stderr.write(`  ${JSON.stringify({ second, ...usage })}\n`),
      () => {},
    );
  }, SAMPLE_EVERY_MS);
}

/** What is wrong with the charge of a call, released or not, or null. */
function wrongEnd(story: SoakStory, usedMs: number): string | null {
  const { visitor, startedAfter, releaseTold, diedAt } = story;
  if (releaseTold !== null) return wrongCharge(story, usedMs);
  const until = diedAt ?? performance.now();
  const outage = startedAfter === null ? 0 : host.outageWithin(startedAfter, until);
  const most = ASKED_SECONDS * 1_000 + outage + LATE_MS;
  return usedMs <= most ? null : `${visitor}: charged ${usedMs} ms of ${ASKED_SECONDS} s asked for`;
}

function outlived({ visitor, startedBefore, diedAt }: SoakStory): string | null {
  if (diedAt === null || startedBefore === null) return null;
  const lateMs =
    diedAt - startedBefore - ASKED_SECONDS * 1_000 - host.outageWithin(startedBefore, diedAt);
  return lateMs <= LATE_MS ? null : `${visitor}: outlived its deadline by ${lateMs} ms`;
}

it(
  `${SECONDS} s of faults lose no charge and double none, and leave nothing behind`,
  async () => {
    await host.start();
    const started = performance.now();
    const random = createRandom(SEED, 1_000);
    const calling = callers.map((caller) => caller.run());
    const sampling = sampleUsage(started);
    // From half of the time on one daemon lives; what is held in the last quarter is held for good.
    await trouble(random, started + SECONDS * 500, started + SECONDS * 750);
    const early = await host.usage();
    await sleep(SECONDS * 250);
    clearInterval(sampling);
    for (const caller of callers) caller.stop();
    await Promise.all(calling);
    const running = async () => {
      const { slices, queue } = await host.daemon.client.snapshot();
      const held = slices.filter(({ call }) => call).length;
      return held + queue.total;
    };
    await expect.poll(running, { timeout: 40_000 }).toBe(0);
    const late = await host.usage();

    const { slices } = await host.daemon.client.snapshot();
    const dead = slices.filter(({ pid }) => {
      const holder = pid === null ? null : identifyProcess(pid);
      return pid !== null && (holder === null || !isProcessAlive(holder));
    });
    const accounts = await host.endAndRead();
    const wrong: string[] = [];
    for (const story of stories) {
      // Who was refused, or left before the grant, may have none.
      const account = accounts.get(story.visitor);
      const problems = [wrongEnd(story, account?.usedMs ?? 0), outlived(story)];
      wrong.push(...problems.filter((problem) => problem !== null));
      if (account && account.reservedMs !== 0) {
        wrong.push(`${story.visitor}: seconds are still held back`);
      }
    }
    const acknowledged = stories.filter(({ releaseTold }) => releaseTold !== null).length;
    const summary = {
      seed: SEED,
      seconds: SECONDS,
      ...counts,
      acknowledged,
    };
    process.stderr.write(`  ${JSON.stringify({ ...summary, faults, early, late })}\n`);
    expect({ wrong, complaints, dead }).toEqual({ wrong: [], complaints: [], dead: [] });
    expect(acknowledged).toBeGreaterThan(SECONDS);
    expect(late.descriptors).toBeLessThanOrEqual(early.descriptors + 5);
    expect(late.rssBytes).toBeLessThan(early.rssBytes + 60e6);
  },
  (SECONDS * 2 + 120) * 1_000,
);
