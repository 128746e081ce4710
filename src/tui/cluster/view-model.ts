/** From what the nodes of a cluster wrote to the panels on one page of the screen. Pure. */
import type {
  ClusterSnapshot,
  ClusterSnapshotNode,
} from '../../allocator/client/cluster-snapshot.js';
import type { Snapshot } from '../../allocator/client/snapshot.js';
import { formatSeconds } from '../../shared/duration.js';
import { cut, fitLine, type Line, line, span, textOf, widthOf } from '../lines.js';
import type { PanelContext } from '../panel-list.js';
import { gpuPanel, queuePanel, quotaPanel } from '../panels.js';
import { type Glyphs, glyphsOf, type Style } from '../style.js';
import type { Size } from '../view-model.js';
import { timeOfDay, wholeSeconds } from '../words.js';
import type { ClusterScene, ClusterUi } from './ui-state.js';

export interface ClusterPanel {
  readonly id: string;
  readonly title: string;
  readonly lines: readonly Line[];
}

export interface ClusterModel extends ClusterScene {
  readonly header: Line;
  readonly panels: readonly ClusterPanel[];
  readonly keys: Line;
}

/** How the view stands with the store: null while it answers, else why it does not. */
export type StoreProblem = string | null;

/** Header and keys. */
const FIXED_ROWS = 2;
const FRAME_ROWS = 2;
/** Waiting calls of a node that shares its page with others. */
const QUEUE_SHOWN = 5;
/** Less of the visitors is not worth a panel: they go on the next page. */
const LEAST_QUOTA_LINES = 4;

export function clusterModel(
  cluster: ClusterSnapshot,
  ui: ClusterUi,
  problem: StoreProblem,
  size: Size,
  style: Style,
  frame: number,
): ClusterModel {
  const glyphs = glyphsOf(style);
  const room = Math.max(1, size.rows - FIXED_ROWS - FRAME_ROWS);
  const paper = { glyphs, innerWidth: size.columns - 2 };
  const tabs = [...cluster.nodes.map(nodeId), 'quota'];
  const tab = ui.tab !== null && tabs.includes(ui.tab) ? ui.tab : null;
  const nodes = cluster.nodes
    .filter((node) => tab === null || tab === nodeId(node))
    .map((node) => planNode(node, paper, room, tab === null ? QUEUE_SHOWN : room));
  const paged = packed(nodes, room);
  const pages = tab === null || tab === 'quota' ? withQuota(paged, cluster, paper, room) : paged;
  const page = Math.min(ui.page, pages.length - 1);
  const where = { page, pages: pages.length };
  return {
    header: header(cluster, ui, problem, size.columns, style, frame, where),
    panels: (pages[page] ?? []).map(({ draw }) => draw()),
    keys: keysLine(size.columns, glyphs),
    ...where,
    tabs,
  };
}

interface Paper {
  readonly glyphs: Glyphs;
  readonly innerWidth: number;
}

/** A panel before it is drawn: only those of one page are. */
interface Plan {
  /** Lines between the borders. */
  readonly height: number;
  draw(): ClusterPanel;
}

type Page = readonly Plan[];

export const nodeId = ({ name }: ClusterSnapshotNode): string => `node:${name}`;

/** Slices and queue of a node in at most `room` lines. */
function planNode(
  node: ClusterSnapshotNode,
  { glyphs, innerWidth }: Paper,
  room: number,
  queueShown: number,
): Plan {
  const { name, state, snapshot } = node;
  const titled = (...facts: readonly string[]) =>
    [name, ...(state === 'ready' ? [] : [state]), ...facts].join(` ${glyphs.separator} `);
  const says = (text: string, tone: 'bad' | 'warn') =>
    planLine(nodeId(node), titled(), line(`  ${text}`, tone), { glyphs, innerWidth });
  if (state === 'gone') return says(goneText(node), 'bad');
  if (!snapshot) return says(UNREADABLE, 'warn');
  const context: PanelContext = { snapshot, glyphs, innerWidth, selected: null };
  const { slices, queue } = snapshot;
  const waiting = Math.min(queue.entries.length, queueShown);
  const wanted = waiting === 0 ? 1 : waiting + 1;
  const queueLines = Math.min(wanted, Math.max(Math.min(2, wanted), room - slices.length));
  const sliceLines = Math.max(1, Math.min(slices.length, room - queueLines));
  return {
    height: sliceLines + queueLines,
    draw() {
      const gpu = gpuPanel(context, slices, sliceLines);
      const waits = queuePanel(context, queue.entries, 'order', queueLines);
      return {
        ...{ id: nodeId(node), title: titled(gpu.title, waits.title) },
        lines: [...gpu.lines, ...waits.lines],
      };
    },
  };
}

/** A panel that says one thing. */
function planLine(id: string, title: string, text: Line, { innerWidth, glyphs }: Paper): Plan {
  const lines = [fitLine(text, innerWidth, glyphs.cut)];
  return { height: 1, draw: () => ({ id, title, lines }) };
}

const UNREADABLE = 'written by another version of zerogpu';

export function goneText({ lastBeatAt, lastBeatSecondsAgo }: ClusterSnapshotNode): string {
  return `last beat at ${timeOfDay(lastBeatAt)}, ${wholeSeconds(lastBeatSecondsAgo)} ago`;
}

/** Panels in their order, as many on a page as fit. */
function packed(panels: readonly Plan[], room: number): readonly Page[] {
  const pages: Plan[][] = [];
  let left = 0;
  for (const panel of panels) {
    const rows = panel.height + FRAME_ROWS;
    if (rows > left || pages.length === 0) {
      pages.push([]);
      left = room + FRAME_ROWS;
    }
    pages.at(-1)?.push(panel);
    left -= rows;
  }
  return pages;
}

/** The visitors behind the nodes, on as many pages as they take. */
function withQuota(
  pages: readonly Page[],
  { nodes, visitors }: ClusterSnapshot,
  paper: Paper,
  room: number,
): readonly Page[] {
  const first = nodes.find(({ snapshot }) => snapshot !== null)?.snapshot;
  if (!first) {
    const text = line('  the cluster has no node', 'dim');
    return pages.length === 0 ? [[planLine('none', 'Nodes', text, paper)]] : pages;
  }
  const known = { total: visitors.length, entries: visitors };
  const snapshot: Snapshot = { ...first, visitors: known };
  const context: PanelContext = { ...paper, snapshot, selected: null };
  const plan = (from: number, height: number): Plan => ({
    height,
    draw: () => quotaPanel(context, visitors.slice(from, from + height - 1), 'activity', height),
  });
  const last = pages.at(-1) ?? [];
  const taken = last.reduce((sum, { height }) => sum + height + FRAME_ROWS, 0);
  const left = room - taken;
  const fits = left >= Math.min(LEAST_QUOTA_LINES, visitors.length + 1);
  const result = fits ? [...pages.slice(0, -1), [...last, plan(0, left)]] : [...pages];
  for (let at = fits ? left - 1 : 0; at < visitors.length; at += Math.max(1, room - 1)) {
    result.push([plan(at, Math.max(2, room))]);
  }
  return result.length === 0 ? [[plan(0, room)]] : result;
}

function header(
  cluster: ClusterSnapshot,
  ui: ClusterUi,
  problem: StoreProblem,
  columns: number,
  style: Style,
  frame: number,
  { page, pages }: { readonly page: number; readonly pages: number },
): Line {
  const glyphs = glyphsOf(style);
  const gone = cluster.nodes.filter(({ state }) => state === 'gone').length;
  const here = cluster.nodes.length - gone;
  const count = `${here} ${here === 1 ? 'node' : 'nodes'}${gone > 0 ? `, ${gone} gone` : ''}`;
  const at = timeOfDay(cluster.at);
  const dot = style.still || frame % 2 === 0 ? glyphs.live : glyphs.liveOff;
  const state: Line =
    problem !== null
      ? [span(`no answer since ${at}, trying again`, 'bad')]
      : ui.paused
        ? [span(`${glyphs.pause} paused at ${at}`, 'warn')]
        : [span('live '), span(dot, 'good'), span(` ${formatSeconds(ui.rateSeconds)}`)];
  const paged: Line = pages > 1 ? [span(`page ${page + 1} of ${pages}  `, 'strong')] : [];
  const right = [...paged, ...state];
  const room = Math.max(0, columns - 3 - widthOf(textOf(right)));
  const left = cut(`zerogpu quota --cluster   ${count}`, room, glyphs.cut);
  const gap = ' '.repeat(Math.max(1, room + 1 - widthOf(left)));
  return fitLine([span(' '), span(left, 'strong'), span(gap), ...right], columns, glyphs.cut);
}

function keysLine(columns: number, glyphs: Glyphs): Line {
  const keys = [`${glyphs.updown} page`, 't tab', 'p pause', '+ - rate', '? help', 'q'];
  let shown = keys;
  while (shown.length > 2 && widthOf(shown.join('  ')) + 1 > columns) shown = shown.slice(1);
  return fitLine([span(` ${shown.join('  ')}`, 'dim')], columns, glyphs.cut);
}
