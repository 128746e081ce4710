/** The last calls that their visitors saw fail, with what those read. Pure. */
import { timeOfDay } from '../../tui/words.js';
import { type ConsoleCall, type History, hasFailed } from './calls.js';
import { stateWords } from './words.js';

export interface RefusalView {
  readonly key: string;
  readonly at: string;
  /** `#12 generate, free:ada`. */
  readonly what: string;
  readonly why: string;
  /** What the visitor's client showed, word for word; empty while nothing has come. */
  readonly words: readonly string[];
  /** What stands in the place of the words where there are none. */
  readonly instead: string;
}

const LISTED = 20;

/** @param functionOf what a row calls the function */
export function refusalsView(
  { calls, told }: History,
  functionOf: (call: Pick<ConsoleCall, 'space' | 'function'>) => string,
): readonly RefusalView[] {
  const failed = calls.filter(hasFailed).slice(-LISTED);
  const known = new Set(failed.map(({ call }) => call));
  const wordsOf = new Map<number, string[]>();
  for (const { call, message } of told) {
    if (call === null || !known.has(call)) continue;
    wordsOf.set(call, [...(wordsOf.get(call) ?? []), message]);
  }
  const ofCalls = failed.map((call) => ({
    atMs: call.endedMs ?? call.seenMs,
    row: {
      ...{ key: String(call.call), what: `#${call.call} ${functionOf(call)}, ${call.visitor}` },
      why: stateWords(call),
      words: wordsOf.get(call.call) ?? [],
      instead: 'No client has shown anything for it.',
    },
  }));
  // A fault answers in the place of the allocator, which has no record of the call then.
  const alone = told
    .filter(({ call }) => call === null)
    .map(({ id, atMs, visitor, message }) => ({
      atMs,
      row: {
        ...{ key: `told ${id}`, what: visitor, why: 'a fault, or the app itself' },
        ...{ words: [message], instead: '' },
      },
    }));
  return [...ofCalls, ...alone]
    .sort((a, b) => b.atMs - a.atMs)
    .slice(0, LISTED)
    .map(({ atMs, row }) => ({ ...row, at: timeOfDay(new Date(atMs).toISOString()) }));
}
