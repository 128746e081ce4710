/** From what the allocator says and what the viewer has chosen to what is on the screen. Pure. */
import type { Snapshot } from '../allocator/client/snapshot.js';
import { formatSeconds } from '../shared/duration.js';
import { ACCOUNT_ROWS, type AccountState, accountPanel } from './account/panel.js';
import { type Details, detailsOf } from './details.js';
import { cut, fitLine, type Line, printable, span, textOf, widthOf } from './lines.js';
import type { Panel, PanelContext } from './panel-list.js';
import { gpuPanel, queuePanel, quotaPanel } from './panels.js';
import { type Item, itemsOf, type Picked, pick, selectedIndexOf } from './pick.js';
import { question } from './press.js';
import { type Glyphs, glyphsOf, type Style } from './style.js';
import type { UiState } from './ui-state.js';
import { countdown, lastMinuteText, sparkline, timeOfDay } from './words.js';

/** How the view stands with its allocator. */
export type Link =
  | { readonly phase: 'connecting' }
  | { readonly phase: 'live'; readonly restarted: boolean }
  | { readonly phase: 'lost'; readonly why: string };

export interface Size {
  readonly columns: number;
  readonly rows: number;
}
export const SMALLEST: Size = { columns: 40, rows: 16 };

export interface ViewModel {
  readonly header: Line;
  readonly panels: readonly Panel[];
  readonly details: Details | null;
  readonly lastMinute: Line;
  readonly keys: Line;
  readonly items: readonly Item[];
  readonly selectedIndex: number;
  readonly pageRows: number;
}

/** Header, last minute and keys. */
const FIXED_ROWS = 3;
const FRAME_ROWS = 2;
const ACCOUNT_PANEL_ROWS = FRAME_ROWS + ACCOUNT_ROWS;

export function viewModel(
  snapshot: Snapshot,
  ui: UiState,
  link: Link,
  size: Size,
  style: Style,
  frame: number,
  account: AccountState | null = null,
): ViewModel {
  const glyphs = glyphsOf(style);
  const picked = pick(snapshot, ui);
  const items = itemsOf(picked, ui.tab);
  const selectedIndex = selectedIndexOf(items, ui);
  const selected = items[selectedIndex];
  const context: PanelContext = {
    snapshot,
    glyphs,
    innerWidth: size.columns - 2,
    selected: selected?.id ?? null,
  };
  // The emulator's own panels come first: a low terminal does without the account's.
  const withAccount =
    account !== null && ui.tab === 'all' && size.rows >= SMALLEST.rows + ACCOUNT_PANEL_ROWS;
  const accountRows = withAccount ? ACCOUNT_PANEL_ROWS : 0;
  const heights = shareRows(picked, ui, size.rows - FIXED_ROWS - accountRows);
  const panels = {
    gpu: () => gpuPanel(context, picked.slices, heights.gpu),
    queue: () => queuePanel(context, picked.queue, ui.queueSort, heights.queue),
    quota: () => quotaPanel(context, picked.visitors, ui.quotaSort, heights.quota),
  };
  const shown =
    ui.tab === 'all' ? [panels.gpu(), panels.queue(), panels.quota()] : [panels[ui.tab]()];
  const others = withAccount ? [accountPanel(account, size.columns - 2, glyphs)] : [];
  return {
    header: header(snapshot, ui, link, size.columns, style, frame),
    panels: [...shown, ...others],
    details: ui.details && selected ? detailsOf(selected, snapshot) : null,
    lastMinute: lastMinute(snapshot, size.columns, glyphs),
    keys: keysLine(ui, size.columns, glyphs),
    items,
    selectedIndex,
    pageRows: Math.max(1, Math.max(...shown.map(({ lines }) => lines.length)) - 1),
  };
}

/** Lines between the borders of each panel: all get one, then what they can use, in turn. */
function shareRows(picked: Picked, ui: UiState, rows: number) {
  if (ui.tab !== 'all') {
    const whole = rows - FRAME_ROWS;
    return { gpu: whole, queue: whole, quota: whole };
  }
  const wanted = {
    gpu: Math.max(1, picked.slices.length),
    queue: picked.queue.length === 0 ? 1 : picked.queue.length + 1,
    quota: picked.visitors.length === 0 ? 1 : picked.visitors.length + 1,
  };
  const given = {
    gpu: 1,
    queue: Math.min(2, wanted.queue),
    quota: Math.min(2, wanted.quota),
  };
  let left = rows - 3 * FRAME_ROWS - given.gpu - given.queue - given.quota;
  while (left > 0) {
    const before = left;
    for (const name of ['gpu', 'queue', 'quota'] as const) {
      if (left > 0 && given[name] < wanted[name]) {
        given[name] += 1;
        left -= 1;
      }
    }
    if (left === before) break;
  }
  return given;
}

function header(
  snapshot: Snapshot,
  ui: UiState,
  link: Link,
  columns: number,
  style: Style,
  frame: number,
): Line {
  const glyphs = glyphsOf(style);
  const { allocator, spaces } = snapshot;
  const what = spaces.length === 1 ? printable(spaces[0]?.name ?? '') : `${spaces.length} Spaces`;
  const title = ui.tab === 'all' ? 'zerogpu quota' : `zerogpu quota ${ui.tab}`;
  const facts = [
    what,
    allocator.platform.name,
    allocator.backend.name,
    `up ${countdown(Math.floor(allocator.upSeconds))}`,
  ].map((fact) => printable(fact));
  const right = state(snapshot, ui, link, style, frame);
  const room = columns - 2 - widthOf(textOf(right));
  let left = `${title}   ${facts.join(` ${glyphs.separator} `)}`;
  // The platform is what a narrow terminal keeps longest.
  for (const short of [[0, 1, 3], [0, 1], [0]]) {
    if (widthOf(left) <= room - 1) break;
    left = `${title}   ${short.map((index) => facts[index]).join(` ${glyphs.separator} `)}`;
  }
  if (widthOf(left) > room - 1) left = title;
  left = cut(left, Math.max(0, room - 1), glyphs.cut);
  const gap = ' '.repeat(Math.max(1, room - widthOf(left)));
  return fitLine(
    [span(' '), span(left, 'strong'), span(gap), ...right, span(' ')],
    columns,
    glyphs.cut,
  );
}

function state(snapshot: Snapshot, ui: UiState, link: Link, style: Style, frame: number): Line {
  const glyphs = glyphsOf(style);
  const at = timeOfDay(snapshot.at);
  if (link.phase === 'lost') return [span(`no answer since ${at}, trying again`, 'bad')];
  if (link.phase === 'connecting') return [span('connecting', 'warn')];
  if (ui.paused) return [span(`${glyphs.pause} paused at ${at}`, 'warn')];
  const dot = style.still || frame % 2 === 0 ? glyphs.live : glyphs.liveOff;
  return [
    ...(link.restarted ? [span('emulator restarted  ', 'warn')] : []),
    ...(snapshot.allocator.ledger.status === 'failing' ? [span('ledger fails  ', 'bad')] : []),
    span('live '),
    span(dot, 'good'),
    span(` ${formatSeconds(ui.rateSeconds)}`),
  ];
}

function lastMinute(snapshot: Snapshot, columns: number, glyphs: Glyphs): Line {
  const steps = sparkline(snapshot.lastMinute.grantedPerStep, glyphs.steps);
  const room = columns - widthOf(steps) - 3;
  const long = lastMinuteText(snapshot, false);
  const text = widthOf(long) <= room ? long : lastMinuteText(snapshot, true);
  if (widthOf(text) > room) return fitLine([span(` ${text}`)], columns, glyphs.cut);
  return fitLine([span(` ${text}  `), span(steps, 'good')], columns, glyphs.cut);
}

function keysLine(ui: UiState, columns: number, glyphs: Glyphs): Line {
  if (ui.notice) {
    return fitLine(
      [span(` ${ui.notice.text}`, ui.notice.bad ? 'bad' : 'good')],
      columns,
      glyphs.cut,
    );
  }
  if (ui.dialog) {
    return fitLine([span(` ${question(ui.dialog).keys}`, 'strong')], columns, glyphs.cut);
  }
  if (ui.typing) {
    const text = ` filter: ${printable(ui.filter)}_   enter keeps it   esc clears it`;
    return fitLine([span(text, 'strong')], columns, glyphs.cut);
  }
  const filter = ui.filter === '' ? '/ filter' : `/ filter "${printable(ui.filter)}"`;
  const keys = [
    `${glyphs.updown} select`,
    'enter details',
    filter,
    's sort',
    'p pause',
    't tab',
    '+ - rate',
    '? help',
    'q',
  ];
  // Left out from the left: help and the way out stay.
  let shown = keys;
  while (shown.length > 2 && widthOf(shown.join('  ')) + 1 > columns) shown = shown.slice(1);
  return fitLine([span(` ${shown.join('  ')}`, 'dim')], columns, glyphs.cut);
}
