/**
 * Refusals and failures of the platform on demand, whenever the author of a Space
 * wants to see it. Which call gets which fault is a pure function of its number and a seeded share.
 */
import { parseDuration } from '../../shared/duration.js';
import { UserError } from '../../shared/errors.js';

/** Kind, what happens, and the seconds of those that take time. */
export const FAULT_KINDS = {
  'no-gpu': { text: '503, no GPU available', seconds: null },
  'expired-token': { text: '401, expired proxy token', seconds: null },
  'illegal-duration': { text: '429, illegal duration', seconds: null },
  quota: { text: '429, quota exceeded for an hour', seconds: null },
  'runs-limit': { text: '429, runs limit reached', seconds: null },
  'pending-credits': { text: '429, credits are held by other calls', seconds: null },
  'queue-timeout': { text: 'waits, then no GPU was free in time', seconds: 3 },
  'broken-stream': { text: 'the event stream of a waiting call breaks off', seconds: 1 },
  slow: { text: 'the answer comes late', seconds: 3 },
  kill: { text: 'the worker is killed while it runs', seconds: 1 },
  'token-error': { text: 'no visitor’s own token counts: all are anonymous', seconds: null },
  'startup-404': { text: 'the report of a starting app is not accepted', seconds: null },
} as const satisfies Record<string, { text: string; seconds: number | null }>;

export type FaultKind = keyof typeof FAULT_KINDS;

export interface Fault {
  readonly kind: FaultKind;
  /** After how long, for the kinds that take time; 0 for the others. */
  readonly seconds: number;
  /** Only the nth call (from 1); null for each. */
  readonly nth: number | null;
  /** Share of the calls, 0 to 1. */
  readonly share: number;
}

const FORMAT = 'KIND, KIND=SECONDS, KIND@3 (the third call), KIND@10% (a share of them)';

/**
 * Reads a list of faults.
 *
 * @param text `no-gpu`, `quota@3`, `kill=2s@10%,slow@2`
 * @throws UserError E_USAGE naming the part that can't be read
 */
export function parseFaults(text: string): readonly Fault[] {
  return text.split(',').map((part) => parseFault(part.trim()));
}

function parseFault(part: string): Fault {
  const match = /^([a-z0-9-]+)(?:=([^@]+))?(?:@(\d{1,9}|(\d{1,3}(?:\.\d+)?)%))?$/.exec(part);
  const [, name = '', time, when, percent] = match ?? [];
  if (!isFaultKind(name)) {
    throw new UserError('E_USAGE', `--fault is "${part}", which is not a fault`, {
      why: `A fault is written ${FORMAT}; kinds: ${Object.keys(FAULT_KINDS).join(', ')}.`,
      fix: '--fault no-gpu@1',
    });
  }
  const { seconds } = FAULT_KINDS[name];
  if (time !== undefined && seconds === null) {
    throw new UserError('E_USAGE', `--fault is "${part}", but ${name} takes no time`, {
      fix: `--fault ${name}`,
    });
  }
  if (name === 'token-error' && when !== undefined) {
    throw new UserError('E_USAGE', `--fault is "${part}", but ${name} is for all visitors`, {
      why: 'A token belongs to a request of the page, and not to a call.',
      fix: '--fault token-error',
    });
  }
  const nth = when !== undefined && percent === undefined ? Number(when) : null;
  const share = percent === undefined ? 1 : Number(percent) / 100;
  if (nth === 0 || share <= 0 || share > 1) {
    throw new UserError('E_USAGE', `--fault is "${part}", which never happens`, {
      why: 'Calls are counted from 1, and a share is above 0 and at most 100%.',
      fix: `--fault ${name}@1`,
    });
  }
  return {
    kind: name,
    seconds: time ? parseDuration(time, '--fault') : (seconds ?? 0),
    nth,
    share,
  };
}

/** The text that `parseFaults` reads: `kill=2s@10%`. */
function formatFault({ kind, seconds, nth, share }: Fault): string {
  const usual = FAULT_KINDS[kind].seconds ?? 0;
  const time = seconds === usual ? '' : `=${seconds}s`;
  // Twelve digits: a share that came as a percentage is written as it came.
  const when =
    nth !== null ? `@${nth}` : share < 1 ? `@${Number((share * 100).toPrecision(12))}%` : '';
  return `${kind}${time}${when}`;
}

function isFaultKind(name: string): name is FaultKind {
  return Object.hasOwn(FAULT_KINDS, name);
}

/**
 * The fault of one event; the first in the list that hits it.
 *
 * @param number of the call (or of the start-up report), from 1
 * @param chance from 0 to 1, drawn for this event
 */
export function faultOf(faults: readonly Fault[], number: number, chance: number): Fault | null {
  const hits = (fault: Fault) => (fault.nth === null ? chance < fault.share : fault.nth === number);
  return faults.find(hits) ?? null;
}

/** What does not happen to a call: at the start, and in the gateway. */
const NO_CALLS: readonly FaultKind[] = ['startup-404', 'token-error'];

/** Kinds that a running allocator takes. */
export const CALL_FAULT_KINDS: readonly FaultKind[] = (
  Object.keys(FAULT_KINDS) as FaultKind[]
).filter((kind) => !NO_CALLS.includes(kind));

/** Faults for a run: counts the calls and draws their chances, the same for the same seed. */
export interface FaultPlan {
  nextCall(): Fault | null;
  nextStartup(): Fault | null;
  /** From now on these hit calls, and no others; the next call is counted as the first. */
  replaceCallFaults(faults: readonly Fault[]): void;
  /** Those that hit calls now, as `--fault` has them. */
  callFaults(): readonly string[];
}

export function createFaultPlan(faults: readonly Fault[], seed: number): FaultPlan {
  const draw = randomNumbers(seed);
  const plan = (list: readonly Fault[]) => {
    let count = 0;
    return () => {
      count += 1;
      return list.length === 0 ? null : faultOf(list, count, draw());
    };
  };
  let callFaults = faults.filter(({ kind }) => !NO_CALLS.includes(kind));
  let calls = plan(callFaults);
  return {
    nextCall: () => calls(),
    nextStartup: plan(faults.filter(({ kind }) => kind === 'startup-404')),
    replaceCallFaults(list) {
      callFaults = [...list];
      calls = plan(callFaults);
    },
    callFaults: () => callFaults.map(formatFault),
  };
}

/**
 * Faults for an allocator that runs already.
 *
 * @param text as `--fault` has it; empty for none
 * @throws UserError E_USAGE also for a kind that is decided when a Space starts
 */
export function parseCallFaults(text: string): readonly Fault[] {
  const faults = text.trim() === '' ? [] : parseFaults(text);
  const late = faults.find(({ kind }) => NO_CALLS.includes(kind));
  if (!late) return faults;
  throw new UserError('E_USAGE', `${late.kind} can't be given to a Space that runs`, {
    why: 'It is decided when the Space starts.',
    fix: `zerogpu run --fault ${late.kind}`,
  });
}

/** Numbers from 0 to 1 (mulberry32): enough for choosing, and the same everywhere. */
function randomNumbers(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
