import { expect, it } from 'vitest';
import { memorySvg } from '../../src/estimate/svg.js';

const panel = {
  title: 'draw <b>   h200   FITS',
  timeline: [
    [0, 10, 0],
    [2, 30, 5],
    [4, 20, 5],
  ] as const,
  ...{ weightBytes: 10, limitBytes: 110, contextBytes: 10 },
};

it('stacks weights, activations and workspaces under the limit', () => {
  const svg = memorySvg([panel]);
  const areas = [...svg.matchAll(/<polygon class="(\w+)" points="([^"]+)"/g)];
  expect(areas.map(([, name]) => name)).toEqual(['weights', 'activations', 'workspaces']);
  const heights = areas.map(([, , points]) =>
    String(points)
      .split(' ')
      .slice(0, 3)
      .map((point) => Number(point.split(',')[1])),
  );
  const limit = Number(/class="limit"[^>]* y1="([\d.]+)"/.exec(svg)?.[1]);
  const bottom = 236;
  // 100 bytes are as high as the limit's line.
  const bytes = (y: number) => Math.round(((bottom - y) / (bottom - limit)) * 100);
  expect(heights.map((row) => row.map(bytes))).toEqual([
    [10, 10, 10],
    [10, 25, 15],
    [10, 30, 20],
  ]);
});

it('escapes titles, and says when there is nothing to draw', () => {
  expect(memorySvg([panel])).toContain('draw &lt;b&gt;');
  expect(memorySvg([])).toContain('No endpoint used the GPU.');
  expect(memorySvg([{ ...panel, timeline: [] }])).not.toContain('NaN');
});
