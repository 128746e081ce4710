import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ClusterSnapshot } from '../../../src/allocator/client/cluster-snapshot.js';
import { type ClusterUi, initialClusterUi } from '../../../src/tui/cluster/ui-state.js';
import { clusterModel } from '../../../src/tui/cluster/view-model.js';
import { textOf, widthOf } from '../../../src/tui/lines.js';
import type { Style } from '../../../src/tui/style.js';
import { clusterNode, clusterSnapshot } from '../../support/tui/cluster.js';
import { manySnapshot } from '../../support/tui/snapshots.js';

const STYLE: Style = { ascii: false, colour: false, still: true, screenReader: false };
const SIZE = { columns: 100, rows: 30 };
const many = manySnapshot(200, 300);

function model(cluster: ClusterSnapshot, ui: Partial<ClusterUi> = {}, size = SIZE, ascii = false) {
  const chosen = { ...initialClusterUi(1), ...ui };
  return clusterModel(cluster, chosen, null, size, { ...STYLE, ascii }, 0);
}

const nodes = (count: number) =>
  Array.from({ length: count }, (_, index) => clusterNode(`gpu-${index}`));
const textIn = ({ panels }: ReturnType<typeof model>) =>
  panels.flatMap(({ title, lines }) => [title, ...lines.map(textOf)]).join('\n');
const idsIn = ({ panels }: ReturnType<typeof model>) => panels.map(({ id }) => id);

describe('the panels of a cluster', () => {
  it('are one for each node, with slices and queue, and the quotas', () => {
    const shown = model(clusterSnapshot(nodes(2)), {}, { columns: 100, rows: 50 });
    expect(idsIn(shown)).toEqual(['node:gpu-0', 'node:gpu-1', 'quota']);
    expect(shown.panels[0]?.title).toMatch(/^gpu-0 · GPU .*· Queue 3$/);
    expect(textIn(shown)).toContain('no free slice (node)');
    expect(textIn(shown)).toContain('pro:lin');
    expect(textOf(shown.header)).toMatch(/^ zerogpu quota --cluster {3}2 nodes .*live ● 1s/);
  });

  it('say when a node that is gone has last beaten, and which one is drained', () => {
    const at = '2026-11-24T09:04:52Z';
    const gone = clusterNode('b', { state: 'gone', lastBeatAt: at, lastBeatSecondsAgo: 75.4 });
    const shown = model(clusterSnapshot([clusterNode('a', { state: 'drained' }), gone]));
    const [drained, left] = shown.panels;
    expect(drained?.title).toMatch(/^a · drained · GPU/);
    expect(left?.title).toBe('b · gone');
    expect(textOf(left?.lines[0] ?? [])).toMatch(/last beat at \d\d:04:52, 1m15s ago/);
    expect(textOf(shown.header)).toContain('1 node, 1 gone');
  });

  it('come a page at a time where they do not fit, each node once', () => {
    const cluster = clusterSnapshot(nodes(9));
    const { pages } = model(cluster);
    expect(pages).toBeGreaterThan(2);
    const seen = Array.from({ length: pages }, (_, page) => model(cluster, { page })).flatMap(
      idsIn,
    );
    expect(seen.filter((id) => id.startsWith('node:'))).toEqual(
      cluster.nodes.map(({ name }) => `node:${name}`),
    );
    expect(textOf(model(cluster, { page: 1 }).header)).toContain(`page 2 of ${pages}`);
    expect(model(cluster, { page: 99 }).page).toBe(pages - 1);
  });

  it('show each visitor once, over as many pages as they take', () => {
    const cluster = clusterSnapshot(nodes(1), many.visitors.entries);
    const { pages } = model(cluster, { tab: 'quota' });
    const text = Array.from({ length: pages }, (_, page) =>
      textIn(model(cluster, { tab: 'quota', page })),
    ).join('\n');
    const names = many.visitors.entries.map(({ visitor }) =>
      visitor.replace(/^anonymous:/, 'anon '),
    );
    const rows = text.split('\n').map((row) => row.trim().split(/ {2,}/)[0]);
    for (const name of names) expect(rows.filter((row) => row === name)).toHaveLength(1);
  });

  it('list 5 waiting calls of a node among others, and as many as fit of one alone', () => {
    const cluster = clusterSnapshot([clusterNode('a', { snapshot: many }), clusterNode('b')]);
    expect(model(cluster).panels[0]?.title).toContain('1 to 5 of 200');
    const alone = model(cluster, { tab: 'node:a' });
    expect(idsIn(alone)).toEqual(['node:a']);
    expect(alone.panels[0]?.title).toContain('1 to 17 of 200');
  });

  it('say that the cluster has no node, and that a node writes another form', () => {
    expect(textIn(model(clusterSnapshot([], [])))).toContain('the cluster has no node');
    const other = clusterNode('a', { snapshot: null });
    expect(textIn(model(clusterSnapshot([other], [])))).toContain('another version of zerogpu');
  });

  it('fit any terminal, in ASCII where that is asked for', () => {
    const size = fc.record({
      columns: fc.integer({ min: 40, max: 200 }),
      rows: fc.integer({ min: 16, max: 70 }),
    });
    const tab = fc.constantFrom(null, 'node:gpu-1', 'quota', 'node:left');
    fc.assert(
      fc.property(
        size,
        fc.integer({ min: 0, max: 12 }),
        tab,
        fc.nat(9),
        (room, count, at, page) => {
          const left = clusterNode('x', { state: 'gone' });
          const cluster = clusterSnapshot([...nodes(count), left], many.visitors.entries);
          const shown = model(cluster, { tab: at, page }, room, true);
          const rows = shown.panels.reduce((sum, { lines }) => sum + lines.length + 2, 2);
          expect(rows).toBeLessThanOrEqual(room.rows);
          for (const spans of [shown.header, shown.keys]) {
            expect(widthOf(textOf(spans))).toBe(room.columns);
          }
          for (const spans of shown.panels.flatMap(({ lines }) => lines)) {
            expect(widthOf(textOf(spans))).toBe(room.columns - 2);
          }
          expect(textIn(shown) + textOf(shown.header) + textOf(shown.keys)).toMatch(
            /^[\n\x20-\x7e]*$/,
          );
        },
      ),
      { numRuns: 40 },
    );
  });
});
