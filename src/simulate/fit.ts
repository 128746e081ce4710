/** A workload out of what `zerogpu run --events FILE` recorded. Pure. */
import * as z from 'zod';
import { GPU_SIZES, type GpuSize } from '../platform/tiers.js';
import { groupBy } from '../shared/group-by.js';
import { inputError } from './plan.js';
import { type Workload, workloadSchema } from './workload.js';

const DAY_MS = 86_400_000;
const HOUR_MS = 3_600_000;
/** A visitor who comes back after so long has begun another visit. */
const VISIT_GAP_MS = 30 * 60_000;
/** Measured values that a function keeps: enough for its 99th percentile. */
const MOST_SAMPLES = 2_000;

const line = z.object({
  t: z.iso.datetime(),
  event: z.string(),
  call: z.int(),
  space: z.string(),
  function: z.string(),
  visitor: z.object({ key: z.string(), tier: z.string() }),
  askedSeconds: z.number().positive(),
  size: z.enum(GPU_SIZES),
  warm: z.boolean().optional(),
  usedSeconds: z.number().nonnegative().optional(),
});

interface Call {
  readonly space: string;
  readonly function: string;
  readonly key: string;
  readonly tier: string;
  readonly declared: number;
  readonly size: GpuSize;
  readonly askedAtMs: number;
  endedAtMs: number | null;
  usedSeconds: number | null;
  isWarm: boolean;
}

export interface Fitted {
  readonly workload: Workload;
  /** What was assumed, a sentence each. */
  readonly notes: readonly string[];
}

/**
 * @param text one JSON object a line, as `--events` and `--log-format json` write them
 * @param gpus GPUs to simulate; the recording does not name them
 * @throws UserError E_SIMULATE_INPUT when it has no finished call
 */
export function fitWorkload(text: string, gpus: number): Fitted {
  const calls = readCalls(text);
  const finished = calls.filter(({ usedSeconds }) => usedSeconds !== null);
  if (finished.length === 0) throw inputError('recording', 'has no finished GPU call');
  const fromMs = Math.min(...calls.map(({ askedAtMs }) => askedAtMs));
  const toMs = Math.max(...calls.map((call) => call.endedAtMs ?? call.askedAtMs));
  // One call alone has no span; an hour keeps the rate finite.
  const spanMs = Math.max(toMs - fromMs, calls.length < 2 ? HOUR_MS : 1_000);
  const notes: string[] = [];
  const isDay = spanMs >= DAY_MS * 0.9;
  if (!isDay) {
    notes.push(
      `the recording spans ${(spanMs / HOUR_MS).toFixed(1)} h: its mean rate is taken for the whole day`,
    );
  }
  const workload = workloadSchema.parse({
    gpus,
    pattern: isDay ? hourlyOf(calls) : 'flat',
    visitors: visitorsOf(calls, spanMs),
    spaces: spacesOf(finished, notes),
  });
  return { workload, notes };
}

function readCalls(text: string): readonly Call[] {
  const calls = new Map<string, Call>();
  for (const row of text.split('\n')) {
    const read = line.safeParse(parseJson(row));
    if (!read.success) continue;
    const { data } = read;
    const key = `${data.space}\0${data.call}`;
    const atMs = Date.parse(data.t);
    const call = calls.get(key) ?? {
      space: data.space,
      function: data.function,
      key: data.visitor.key,
      tier: data.visitor.tier,
      declared: data.askedSeconds,
      size: data.size,
      askedAtMs: atMs,
      endedAtMs: null,
      usedSeconds: null,
      isWarm: false,
    };
    calls.set(key, call);
    if (data.event === 'granted') call.isWarm = data.warm ?? false;
    if (data.event === 'ended') {
      call.endedAtMs = atMs;
      call.usedSeconds = data.usedSeconds ?? null;
    }
  }
  return [...calls.values()];
}

/** Lines of other kinds and torn lines are skipped: a recording ends where its run was killed. */
function parseJson(row: string): unknown {
  try {
    return JSON.parse(row);
  } catch {
    return null;
  }
}

function hourlyOf(calls: readonly Call[]): readonly number[] {
  const hours = Array.from({ length: 24 }, () => 0);
  for (const { askedAtMs } of calls) {
    const hour = Math.floor((askedAtMs % DAY_MS) / HOUR_MS);
    hours[hour] = (hours[hour] ?? 0) + 1;
  }
  return hours;
}

function visitorsOf(calls: readonly Call[], spanMs: number): Readonly<Record<string, object>> {
  const tiers = groupBy(calls, ({ tier }) => tier);
  return Object.fromEntries(
    [...tiers].map(([tier, own]) => {
      const visits = visitsOf(own);
      const thinks = visits.flatMap((visit) => pausesOf(visit));
      return [
        tier,
        {
          per_day: (visits.length * DAY_MS) / spanMs,
          calls: { empirical: visits.map(({ length }) => length) },
          ...(thinks.length > 0 ? { think: { empirical: thinks.slice(0, MOST_SAMPLES) } } : {}),
        },
      ];
    }),
  );
}

/** The calls of one visitor without a long pause between them. */
function visitsOf(calls: readonly Call[]): readonly (readonly Call[])[] {
  const visits: Call[][] = [];
  for (const own of groupBy(calls, ({ key }) => key).values()) {
    let last: Call | null = null;
    for (const call of own.toSorted((a, b) => a.askedAtMs - b.askedAtMs)) {
      const isNew = last === null || call.askedAtMs - endOf(last) > VISIT_GAP_MS;
      if (isNew) visits.push([call]);
      else visits.at(-1)?.push(call);
      last = call;
    }
  }
  return visits;
}

function pausesOf(visit: readonly Call[]): readonly number[] {
  return visit.slice(1).map((call, index) => {
    const before = visit[index];
    return before ? Math.max(0, (call.askedAtMs - endOf(before)) / 1000) : 0;
  });
}

const endOf = (call: Call) => call.endedAtMs ?? call.askedAtMs;

function spacesOf(calls: readonly Call[], notes: string[]): Readonly<Record<string, object>> {
  return Object.fromEntries(
    [...groupBy(calls, ({ space }) => space)].map(([space, own]) => {
      const functions = [...groupBy(own, (call) => call.function)].map(
        ([name, its]) => [name, functionOf(name, its, notes)] as const,
      );
      return [space, { share: own.length, functions: Object.fromEntries(functions) }];
    }),
  );
}

function functionOf(name: string, calls: readonly Call[], notes: string[]): object {
  const seconds = (isWarm: boolean) =>
    calls.filter((call) => call.isWarm === isWarm).map(({ usedSeconds }) => usedSeconds ?? 0);
  const [warm, cold] = [seconds(true), seconds(false)];
  const real = (warm.length > 0 ? warm : cold).slice(0, MOST_SAMPLES);
  if (warm.length === 0) notes.push(`${name}: no warm call was recorded; cold ones stand for them`);
  const extra = warm.length > 0 && cold.length > 0 ? middle(cold) - middle(warm) : 0;
  return {
    declared: calls.at(-1)?.declared,
    size: calls.at(-1)?.size,
    share: calls.length,
    real: { empirical: real },
    cold: Math.max(0, extra),
  };
}

function middle(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? 0;
}
