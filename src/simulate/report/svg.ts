/**
 * The same figures as a picture, alone or in a page: GPU use and waits by the hour, and waits by tier.
 * No script and no font from elsewhere; colours come in pairs for light and dark.
 */
import { formatSeconds } from '../../shared/duration.js';
import { inHtml } from '../../shared/html.js';
import type { Counts, Measurement } from '../measure.js';

const WIDTH = 760;
const LEFT = 56;
const PLOT_WIDTH = WIDTH - LEFT - 16;
const PLOT_HEIGHT = 120;
const BAR_HEIGHT = 18;

const STYLE = `
  .ground{fill:#fff} text{font:12px system-ui,sans-serif;fill:#24292f} .title{font-size:14px;font-weight:600}
  .busy{fill:#0969da} .wait{fill:#bf8700} .axis{stroke:#d0d7de} .muted{fill:#57606a}
  @media (prefers-color-scheme:dark){.ground{fill:#0d1117} text{fill:#e6edf3} .axis{stroke:#30363d}
  .busy{fill:#4493f8} .wait{fill:#d29922} .muted{fill:#9198a1}}`;

/** A page that stands alone. */
export function reportHtml(title: string, lines: readonly string[], measured: Measurement): string {
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>${inHtml(title)}</title><style>
body{font:15px/1.5 system-ui,sans-serif;max-width:${WIDTH}px;margin:2rem auto;padding:0 1rem;color-scheme:light dark}
svg{width:100%;height:auto} pre{overflow-x:auto;font-size:13px}
</style></head><body><h1>${inHtml(title)}</h1>
${reportSvg(title, measured)}
<pre>${inHtml(lines.join('\n'))}</pre></body></html>
`;
}

export function reportSvg(title: string, measured: Measurement): string {
  const { hours, tiers } = measured;
  const longest = Math.max(1e-9, ...hours.map(({ waitP95 }) => waitP95));
  const busy = bars(
    hours.map(({ busy: share }) => share),
    1,
    'busy',
    64,
    'GPU busy',
    '100 %',
  );
  const waits = bars(
    hours.map(({ waitP95 }) => waitP95),
    longest,
    'wait',
    232,
    'wait p95 by the hour',
    formatSeconds(longest),
  );
  const rows = tierRows(tiers, 400);
  const height = 416 + Object.keys(tiers).length * (BAR_HEIGHT + 10) + 20;
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" role="img" aria-label="${inHtml(title)}">
<style>${STYLE}</style><rect class="ground" width="100%" height="100%"/>
<text class="title" x="16" y="28">${inHtml(title)}</text>
${busy}${waits}${rows}</svg>`;
}

function bars(
  values: readonly number[],
  top: number,
  kind: string,
  y: number,
  title: string,
  topText: string,
): string {
  const step = PLOT_WIDTH / Math.max(1, values.length);
  const columns = values.map((value, index) => {
    const height = Math.min(1, value / top) * PLOT_HEIGHT;
    return `<rect class="${kind}" x="${fixed(LEFT + index * step)}" y="${fixed(y + PLOT_HEIGHT - height)}" width="${fixed(Math.max(0.5, step - 1))}" height="${fixed(height)}"/>`;
  });
  return `<text class="muted" x="${LEFT}" y="${y - 8}">${inHtml(title)}</text>
<text class="muted" x="${LEFT - 6}" y="${y + 10}" text-anchor="end">${inHtml(topText)}</text>
<text class="muted" x="${LEFT - 6}" y="${y + PLOT_HEIGHT}" text-anchor="end">0</text>
<line class="axis" x1="${LEFT}" x2="${LEFT + PLOT_WIDTH}" y1="${y + PLOT_HEIGHT + 0.5}" y2="${y + PLOT_HEIGHT + 0.5}"/>
${columns.join('')}
`;
}

function tierRows(tiers: Readonly<Record<string, Counts>>, y: number): string {
  const longest = Math.max(1e-9, ...Object.values(tiers).map(({ waits }) => waits.p99));
  const rows = Object.entries(tiers).map(([tier, { waits }], index) => {
    const top = y + 16 + index * (BAR_HEIGHT + 10);
    const width = (seconds: number) => fixed((seconds / longest) * (PLOT_WIDTH - 260));
    return `<text x="16" y="${top + 13}">${inHtml(tier)}</text>
<rect class="wait" opacity="0.35" x="110" y="${top}" width="${width(waits.p99)}" height="${BAR_HEIGHT}"/>
<rect class="wait" x="110" y="${top}" width="${width(waits.p50)}" height="${BAR_HEIGHT}"/>
<text class="muted" x="${WIDTH - 16}" y="${top + 13}" text-anchor="end">wait p50 ${formatSeconds(waits.p50)} · p95 ${formatSeconds(waits.p95)} · p99 ${formatSeconds(waits.p99)}</text>
`;
  });
  return `<text class="muted" x="16" y="${y}">waits by tier: p50 dark, p99 light</text>\n${rows.join('')}`;
}

const fixed = (value: number) => value.toFixed(1);
