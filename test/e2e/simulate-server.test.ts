/** One scenario, twice: simulated, and played against a real `zerogpu serve`. The decisions must be the same. */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Visitor } from '../../src/allocator/core/types.js';
import { identifyProcess } from '../../src/shared/process-table.js';
import { planSimulation } from '../../src/simulate/plan.js';
import type { SimulatedCall } from '../../src/simulate/visits.js';
import { workloadSchema } from '../../src/simulate/workload.js';
import { SimulatedWorld } from '../../src/simulate/world.js';
import { type Daemon, startDaemon } from '../support/allocator/daemon.js';
import { openSchedule } from '../support/simulate/schedule.js';

const SPACE = '/zerogpu/simulated';
/** Two decisions nearer than this could change places on a busy machine. */
const CLEAR_MS = 120;

const plan = planSimulation(
  workloadSchema.parse({
    gpus: 1,
    hours: 14 / 3600,
    pattern: 'flat',
    visitors: {
      anonymous: { per_day: 40_000, people: 2 },
      free: { per_day: 40_000, people: 2 },
      pro: { per_day: 40_000, people: 2 },
    },
    spaces: {
      [SPACE]: {
        functions: {
          '1': { declared: 45, real: { uniform: [0.5, 1.6] } },
          '2': { declared: 130, real: { uniform: [0.4, 1.2] } },
        },
      },
    },
  }),
);

interface Decision {
  readonly call: number;
  readonly what: string;
  readonly atMs: number;
}
interface Asked {
  readonly call: SimulatedCall;
  readonly warmSeconds: number;
  readonly coldSeconds: number;
}

function simulateOnce(seed: number) {
  const decisions: Decision[] = [];
  const asked: Asked[] = [];
  const world: SimulatedWorld = new SimulatedWorld(plan, seed, 0, {
    asked: (call) => {
      asked.push({
        call,
        warmSeconds: world.visits.serviceSeconds(call, true),
        coldSeconds: world.visits.serviceSeconds(call, false),
      });
    },
    recorded: (record, { id }, atMs) => {
      if (record.event === 'refused') {
        decisions.push({ call: id, what: `refused ${record.refusal.kind}`, atMs });
      }
      if (record.event === 'granted') {
        decisions.push({ call: id, what: record.warm ? 'warm' : 'cold', atMs });
      }
      if (record.event === 'ended') decisions.push({ call: id, what: 'ended', atMs });
    },
  });
  world.runUntil(Number.POSITIVE_INFINITY);
  return { decisions, asked };
}

/** Nothing that could go either way: requests and ends are well apart. */
function isClear({ decisions, asked }: ReturnType<typeof simulateOnce>): boolean {
  const moments = [
    ...asked.map(({ call }) => call.askedAtMs),
    ...decisions.filter(({ what }) => what === 'ended').map(({ atMs }) => atMs),
  ].sort((a, b) => a - b);
  return moments.every((at, index) => index === 0 || at - (moments[index - 1] ?? 0) > CLEAR_MS);
}

function clearScenario() {
  for (let seed = 1; seed < 200_000; seed += 1) {
    const scenario = simulateOnce(seed);
    const kinds = new Set(scenario.decisions.map(({ what }) => what));
    const hasAll = ['warm', 'cold', 'refused illegal-duration'].every((kind) => kinds.has(kind));
    if (scenario.asked.length >= 12 && hasAll && isClear(scenario)) return scenario;
  }
  throw new Error('no scenario without a tie');
}

const state = mkdtempSync(join(tmpdir(), 'zerogpu-simulated-'));
const children: ChildProcess[] = [];
let daemon: Daemon;
beforeAll(async () => {
  daemon = await startDaemon(state, ['--gpus', '1']);
  await daemon.client.register({
    ...{ id: SPACE, name: 'simulated', tasksSocket: '/nowhere' },
    owner: { name: 'ada', kind: 'pro' },
    root: identifyProcess(process.pid),
  });
});
afterAll(async () => {
  for (const child of children) child.kill('SIGKILL');
  daemon.client.close();
  daemon.child.kill('SIGTERM');
  await daemon.ended;
  rmSync(state, { recursive: true, force: true });
});

it('decides as the server does: who is refused, who is served next, on which kind of worker', async () => {
  const { decisions, asked } = clearScenario();
  const seen: { call: number; what: string }[] = [];
  const started = performance.now();
  const sleeper = () => {
    const child = spawn('sleep', ['600'], { stdio: 'ignore' });
    children.push(child);
    return child;
  };
  const play = async ({ call, warmSeconds, coldSeconds }: Asked) => {
    await sleep(Math.max(0, call.askedAtMs - (performance.now() - started)));
    const fn = plan.functions[call.functionIndex];
    const visitor: Visitor = { ...call.visit.visitor };
    const answer = await openSchedule(daemon.url, {
      cgroupPath: SPACE,
      taskId: Number(fn?.name),
      token: await daemon.sign(visitor),
      durationSeconds: fn?.declaredSeconds ?? 60,
    });
    if (answer.kind !== 'granted') {
      seen.push({ call: call.id, what: `refused ${answer.reason}` });
      return;
    }
    seen.push({ call: call.id, what: answer.isWarm ? 'warm' : 'cold' });
    if (!answer.isWarm) await answer.allow(sleeper().pid ?? 0);
    await sleep((answer.isWarm ? warmSeconds : coldSeconds) * 1000);
    seen.push({ call: call.id, what: 'ended' });
    await answer.release();
  };
  await Promise.all(asked.map(play));
  const isDecision = ({ what }: { what: string }) => what !== 'ended';
  const within = decisions.filter(isDecision).map(({ call, what }) => ({ call, what }));
  // The server continues after the simulation's end: what was still waiting there is left out.
  expect(seen.filter(isDecision).slice(0, within.length)).toEqual(within);
}, 60_000);
