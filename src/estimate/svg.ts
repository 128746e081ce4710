/** Memory over the time of each GPU call, as a picture: weights, activations and workspaces under the slice's limit. */
import { formatBytes } from '../shared/bytes.js';
import { formatSeconds } from '../shared/duration.js';
import { inHtml } from '../shared/html.js';

/** One GPU call. */
export interface Panel {
  readonly title: string;
  /** Seconds since the call began, bytes allocated, and bytes of workspaces among them; times ascend. */
  readonly timeline: readonly (readonly [number, number, number])[];
  readonly weightBytes: number;
  /** What a slice has, the context's memory included. */
  readonly limitBytes: number;
  readonly contextBytes: number;
}

const WIDTH = 760;
const LEFT = 76;
const PLOT_WIDTH = WIDTH - LEFT - 16;
const PLOT_HEIGHT = 180;
const PANEL_HEIGHT = PLOT_HEIGHT + 92;

const STYLE = `
  .ground{fill:#fff} text{font:12px system-ui,sans-serif;fill:#24292f} .title{font-size:14px;font-weight:600}
  .weights{fill:#0969da} .activations{fill:#bf8700} .workspaces{fill:#8250df}
  .axis{stroke:#d0d7de} .limit{stroke:#cf222e;stroke-dasharray:5 3} .muted{fill:#57606a}
  @media (prefers-color-scheme:dark){.ground{fill:#0d1117} text{fill:#e6edf3} .axis{stroke:#30363d}
  .weights{fill:#4493f8} .activations{fill:#d29922} .workspaces{fill:#ab7df8} .limit{stroke:#f85149} .muted{fill:#9198a1}}`;

const LAYERS = ['weights', 'activations', 'workspaces'] as const;

/** Colours come in pairs for light and dark; there is no script and no font from elsewhere. */
export function memorySvg(panels: readonly Panel[]): string {
  const height = Math.max(1, panels.length) * PANEL_HEIGHT + 16;
  const drawn = panels.map((panel, index) => panelSvg(panel, index * PANEL_HEIGHT));
  const title = 'GPU memory over the time of a call, estimated without weights';
  const body =
    panels.length === 0 ? '<text x="16" y="40">No endpoint used the GPU.</text>' : drawn.join('');
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" role="img" aria-label="${inHtml(title)}">
<title>${inHtml(title)}</title><style>${STYLE}</style><rect class="ground" width="100%" height="100%"/>
${body}</svg>
`;
}

function panelSvg(panel: Panel, top: number): string {
  const { title, timeline, limitBytes, contextBytes } = panel;
  const room = limitBytes - contextBytes;
  const peak = Math.max(0, ...timeline.map(([, allocated]) => allocated));
  const seconds = Math.max(1e-9, timeline.at(-1)?.[0] ?? 0);
  const highest = Math.max(peak, room) * 1.05;
  const bottom = top + 56 + PLOT_HEIGHT;
  const x = (at: number) => fixed(LEFT + (at / seconds) * PLOT_WIDTH);
  const y = (bytes: number) => fixed(bottom - (bytes / highest) * PLOT_HEIGHT);
  const stacked = timeline.map(([at, allocated, workspaces]) => {
    const weights = Math.min(panel.weightBytes, allocated);
    return { at, levels: [weights, Math.max(weights, allocated - workspaces), allocated] };
  });
  const areas = LAYERS.map((name, layer) => {
    const upper = stacked.map(({ at, levels }) => `${x(at)},${y(levels[layer] ?? 0)}`);
    const lower = stacked.map(({ at, levels }) => `${x(at)},${y(levels[layer - 1] ?? 0)}`);
    const points = [...upper, ...lower.reverse()].join(' ');
    return `<polygon class="${name}" points="${points}"/>`;
  });
  const legend = LAYERS.map(
    (name, index) =>
      `<rect class="${name}" x="${LEFT + index * 110}" y="${top + 34}" width="10" height="10"/><text class="muted" x="${LEFT + 14 + index * 110}" y="${top + 43}">${name}</text>`,
  );
  return `<text class="title" x="16" y="${top + 24}">${inHtml(title)}</text>
${legend.join('')}
${areas.join('')}
<line class="limit" x1="${LEFT}" x2="${LEFT + PLOT_WIDTH}" y1="${y(room)}" y2="${y(room)}"/>
<text class="muted" x="${LEFT - 6}" y="${y(room)}" dy="4" text-anchor="end">${formatBytes(room)}</text>
<text class="muted" x="${LEFT + PLOT_WIDTH}" y="${top + 43}" text-anchor="end">peak ${formatBytes(peak)}</text>
<line class="axis" x1="${LEFT}" x2="${LEFT + PLOT_WIDTH}" y1="${bottom + 0.5}" y2="${bottom + 0.5}"/>
<text class="muted" x="${LEFT}" y="${bottom + 18}">0s</text>
<text class="muted" x="${LEFT + PLOT_WIDTH}" y="${bottom + 18}" text-anchor="end">${formatSeconds(seconds)} (the slowest estimate)</text>
`;
}

const fixed = (value: number) => value.toFixed(1);
