/** The account without a terminal: a word and its values a line, tab-separated, seconds as numbers. */
import { printable } from '../lines.js';
import type { AccountView } from './view.js';

export function plainAccount(view: AccountView): string {
  const tenths = (seconds: number) => String(Math.round(seconds * 10) / 10);
  const { runs, hosting } = view;
  const rows: (readonly string[])[] = [
    ['account', printable(view.name ?? '')],
    ['tier', view.tier ?? ''],
    ['left_s', tenths(view.leftSeconds)],
    ['base_s', tenths(view.baseSeconds)],
    ['resets_at', view.resetsAt ?? ''],
    ['overquota_s', view.overquotaSeconds === null ? '' : tenths(view.overquotaSeconds)],
    ...(runs ? [['runs_left', String(runs.left), String(runs.limit), runs.resetsAt ?? '']] : []),
    ...(hosting ? [['hosted', String(hosting.spaces.length), String(hosting.limit)]] : []),
    ...(hosting?.spaces ?? []).map((id) => ['hosts', printable(id)]),
    ...view.calls.map((one) => [
      'calls',
      printable(one.function),
      tenths(one.askedSeconds),
      String(one.calls),
    ]),
    ...view.problems.map(({ code, message }) => ['problem', code, printable(message)]),
    ['age_s', String(view.ageSeconds)],
  ];
  return rows.map((cells) => `${cells.join('\t')}\n`).join('');
}
