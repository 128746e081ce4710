import { splitLines } from '../../space/text.js';

/** Lines around a change. */
const CONTEXT = 3;
/** Above this many comparisons the changed middle is shown as replaced whole. */
const MOST_CELLS = 4_000_000;

type Step = { readonly sign: ' ' | '-' | '+'; readonly text: string };

/**
 * A unified diff of two texts, or an empty string when they are the same. Line ends are not shown:
 * fixes keep them.
 */
export function unifiedDiff(path: string, before: string, after: string): string {
  const steps = compare(linesOf(before), linesOf(after));
  if (steps.every(({ sign }) => sign === ' ')) return '';
  return `--- a/${path}\n+++ b/${path}\n${hunks(steps).join('')}`;
}

/** Lines of a text; one without a line end at its end says so, as `diff` does. */
function linesOf(text: string): readonly string[] {
  const lines = splitLines(text);
  const last = lines.at(-1) ?? '';
  const rest = lines.slice(0, -1);
  return last === '' ? rest : [...rest, `${last}\n\\ No newline at end of file`];
}

function compare(a: readonly string[], b: readonly string[]): readonly Step[] {
  let head = 0;
  while (head < a.length && head < b.length && a[head] === b[head]) head += 1;
  let tail = 0;
  while (
    tail < a.length - head &&
    tail < b.length - head &&
    a[a.length - 1 - tail] === b[b.length - 1 - tail]
  ) {
    tail += 1;
  }
  const same = (lines: readonly string[]): Step[] => lines.map((text) => ({ sign: ' ', text }));
  return [
    ...same(a.slice(0, head)),
    ...middle(a.slice(head, a.length - tail), b.slice(head, b.length - tail)),
    ...same(a.slice(a.length - tail)),
  ];
}

/** The longest common subsequence, by the table of its lengths. */
function middle(a: readonly string[], b: readonly string[]): Step[] {
  const removed = a.map((text): Step => ({ sign: '-', text }));
  const added = b.map((text): Step => ({ sign: '+', text }));
  if (a.length === 0 || b.length === 0 || a.length * b.length > MOST_CELLS) {
    return [...removed, ...added];
  }
  const width = b.length + 1;
  const lengths = new Uint32Array((a.length + 1) * width);
  const at = (i: number, j: number) => lengths[i * width + j] ?? 0;
  for (let i = a.length - 1; i >= 0; i -= 1) {
    for (let j = b.length - 1; j >= 0; j -= 1) {
      lengths[i * width + j] =
        a[i] === b[j] ? at(i + 1, j + 1) + 1 : Math.max(at(i + 1, j), at(i, j + 1));
    }
  }
  const steps: Step[] = [];
  let [i, j] = [0, 0];
  while (i < a.length && j < b.length) {
    if (a[i] === b[j]) {
      steps.push({ sign: ' ', text: a[i] ?? '' });
      i += 1;
      j += 1;
    } else if (at(i + 1, j) >= at(i, j + 1)) {
      steps.push({ sign: '-', text: a[i] ?? '' });
      i += 1;
    } else {
      steps.push({ sign: '+', text: b[j] ?? '' });
      j += 1;
    }
  }
  return [...steps, ...removed.slice(i), ...added.slice(j)];
}

function hunks(steps: readonly Step[]): readonly string[] {
  const changed = steps.flatMap(({ sign }, index) => (sign === ' ' ? [] : [index]));
  const groups: { from: number; to: number }[] = [];
  for (const index of changed) {
    const last = groups.at(-1);
    if (last && index - last.to <= 2 * CONTEXT) last.to = index;
    else groups.push({ from: index, to: index });
  }
  return groups.map(({ from, to }) => {
    const [start, end] = [Math.max(0, from - CONTEXT), Math.min(steps.length, to + 1 + CONTEXT)];
    const part = steps.slice(start, end);
    const count = (list: readonly Step[], but: Step['sign']) =>
      list.filter(({ sign }) => sign !== but).length;
    const before = steps.slice(0, start);
    const old = place(count(before, '+'), count(part, '+'));
    const now = place(count(before, '-'), count(part, '-'));
    const lines = part.map(({ sign, text }) => `${sign}${text}\n`);
    return `@@ -${old} +${now} @@\n${lines.join('')}`;
  });
}

function place(linesBefore: number, lines: number): string {
  return lines === 0 ? `${linesBefore},0` : `${linesBefore + 1}${lines === 1 ? '' : `,${lines}`}`;
}
