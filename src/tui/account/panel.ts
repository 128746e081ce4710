/** The account as the live view shows it. Pure. */
import { TIER_TITLES } from '../../platform/tiers.js';
import { formatSeconds } from '../../shared/duration.js';
import { fitLine, type Line, line, printable } from '../lines.js';
import type { Panel } from '../panel-list.js';
import type { Glyphs } from '../style.js';
import { countdown, wholeSeconds } from '../words.js';
import type { AccountView, Problem } from './view.js';

/** What the view knows of the account: an answer, the error instead of one, or neither yet. */
export interface AccountState {
  readonly view: AccountView | null;
  readonly problem: Problem | null;
}

/** Three facts and a line for what went wrong. */
export const ACCOUNT_ROWS = 4;

/** The same words for the panel and for a screen reader, one line each; the last is the problem. */
export function accountLines({ view, problem }: AccountState): readonly string[] {
  if (!view) return [problem ? problemText(problem) : 'asking the Hub'];
  const { runs, hosting, calls } = view;
  const quota = [
    `${wholeSeconds(view.leftSeconds)} left of ${wholeSeconds(view.baseSeconds)}`,
    view.resetsInSeconds === null ? 'is full' : `full again in ${countdown(view.resetsInSeconds)}`,
    ...(runs ? [`${runs.left} of ${runs.limit} runs left`] : []),
    ...(view.overquotaSeconds ? [`overquota ${wholeSeconds(view.overquotaSeconds)}`] : []),
  ];
  const pays = calls.map(
    (one) => `${one.calls} x ${printable(one.function)} (${formatSeconds(one.askedSeconds)})`,
  );
  const [wrong] = view.problems.slice(-1);
  return [
    quota.join(', '),
    pays.length > 0 ? `pays for ${pays.join(' or ')}` : 'no GPU function of a Space in this folder',
    hosting
      ? [
          `hosts ${hosting.spaces.length} of ${hosting.limit} ZeroGPU Spaces`,
          hosting.spaces.map(printable).join(', '),
        ]
          .filter(Boolean)
          .join(': ')
      : 'its Spaces are not known',
    ...(wrong ? [problemText(wrong)] : []),
  ];
}

export function accountTitle({ view }: AccountState, separator: string): string {
  if (!view) return 'Account';
  const age = `${view.stale ? 'old: ' : ''}${wholeSeconds(view.ageSeconds)} ago`;
  const name = printable(view.name ?? 'unknown');
  return ['Account', name, ...(view.tier ? [TIER_TITLES[view.tier]] : []), age].join(
    ` ${separator} `,
  );
}

const problemText = ({ message, fix }: Problem) =>
  printable([message, ...fix.slice(0, 1)].join(' Fix: '));

/** @param columns between the borders */
export function accountPanel(state: AccountState, columns: number, glyphs: Glyphs): Panel {
  const lines = accountLines(state);
  const { view, problem } = state;
  const tones = (index: number): Parameters<typeof line>[1] => {
    if (view ? index === 3 : problem !== null) return 'warn';
    return view?.stale ? 'dim' : view && index === 0 && view.leftSeconds <= 0 ? 'bad' : 'plain';
  };
  const shown = lines.map(
    (text, index): Line => fitLine(line(`  ${text}`, tones(index)), columns, glyphs.cut),
  );
  return { id: 'account', title: accountTitle(state, glyphs.separator), lines: shown };
}
