/** Keys: what each of them changes. Pure; what has to be done outside comes back as an effect. */
import type { Tier } from '../platform/tiers.js';
import { callOf, type Item, visitorOf } from './pick.js';
import { type Action, QUEUE_SORTS, QUOTA_SORTS, RATES, TABS, type UiState } from './ui-state.js';

/** One key: a printed character, or a name. */
export type Key =
  | { readonly text: string }
  | {
      readonly name:
        | 'up'
        | 'down'
        | 'page-up'
        | 'page-down'
        | 'home'
        | 'end'
        | 'enter'
        | 'escape'
        | 'backspace'
        | 'tab'
        | 'interrupt';
    };

export type Effect =
  | { readonly kind: 'quit' }
  | { readonly kind: 'rate'; readonly seconds: number }
  | { readonly kind: 'act'; readonly action: Action }
  | { readonly kind: 'account' };

export interface Pressed {
  readonly ui: UiState;
  readonly effect: Effect | null;
}

/** What is on the screen when the key is pressed. */
export interface Scene {
  readonly items: readonly Item[];
  readonly selectedIndex: number;
  /** Rows that PageUp and PageDown move by. */
  readonly pageRows: number;
}

const HOUR_SECONDS = 3_600;
const TIER_KEYS = {
  a: 'anonymous',
  f: 'free',
  p: 'pro',
  t: 'team',
  e: 'enterprise',
  o: null,
} as const satisfies Readonly<Record<string, Tier | null>>;

export function press(before: UiState, key: Key, scene: Scene): Pressed {
  if ('name' in key && key.name === 'interrupt') return done(before, { kind: 'quit' });
  const ui = before.notice === null ? before : { ...before, notice: null };
  if (ui.dialog) return pressInDialog(ui, key);
  if (ui.typing) return done(typeFilter(ui, key));
  if (ui.help) return done(leavesHelp(key) ? { ...ui, help: false } : ui, quitOf(key));
  return pressInView(ui, key, scene);
}

const done = (ui: UiState, effect: Effect | null = null): Pressed => ({ ui, effect });
const leavesHelp = (key: Key) =>
  'name' in key ? key.name === 'escape' || key.name === 'enter' : key.text === '?';
const quitOf = (key: Key): Effect | null =>
  'text' in key && key.text === 'q' ? { kind: 'quit' } : null;

function pressInDialog(ui: UiState, key: Key): Pressed {
  const closed = { ...ui, dialog: null };
  if (!ui.dialog) return done(ui);
  if (ui.dialog.kind === 'confirm') {
    // Enter does not confirm: people press it without reading.
    const yes = 'text' in key && key.text.toLowerCase() === 'y';
    return done(closed, yes ? { kind: 'act', action: ui.dialog.action } : null);
  }
  const { visitor } = ui.dialog;
  if ('text' in key && key.text in TIER_KEYS) {
    const tier = TIER_KEYS[key.text as keyof typeof TIER_KEYS];
    return done({ ...ui, dialog: { kind: 'confirm', action: { kind: 'tier', visitor, tier } } });
  }
  return done(closed);
}

function typeFilter(ui: UiState, key: Key): UiState {
  if ('text' in key) return { ...ui, filter: ui.filter + key.text };
  switch (key.name) {
    case 'backspace':
      return { ...ui, filter: [...ui.filter].slice(0, -1).join('') };
    case 'enter':
      return { ...ui, typing: false };
    case 'escape':
      return { ...ui, typing: false, filter: '' };
    default:
      return ui;
  }
}

function pressInView(ui: UiState, key: Key, scene: Scene): Pressed {
  if ('name' in key) return done(pressNamed(ui, key.name, scene));
  switch (key.text) {
    case 'q':
      return done(ui, { kind: 'quit' });
    case '?':
      return done({ ...ui, help: true });
    case '/':
      return done({ ...ui, typing: true, details: false });
    case 'p':
      return done({ ...ui, paused: !ui.paused });
    case 't':
      return done(nextTab(ui));
    case 'a':
      return done(ui, { kind: 'account' });
    case 's':
      return done(nextSort(ui, scene));
    case '+':
    case '=':
      return newRate(ui, -1);
    case '-':
      return newRate(ui, 1);
    case 'g':
      return done(select(ui, scene, 0));
    case 'G':
      return done(select(ui, scene, scene.items.length - 1));
    default:
      return done({ ...ui, dialog: dialogFor(key.text, scene) });
  }
}

function pressNamed(
  ui: UiState,
  name: Extract<Key, { name: string }>['name'],
  scene: Scene,
): UiState {
  const at = scene.selectedIndex;
  switch (name) {
    case 'up':
      return select(ui, scene, at < 0 ? scene.items.length - 1 : at - 1);
    case 'down':
      return select(ui, scene, at + 1);
    case 'page-up':
      return select(ui, scene, at - scene.pageRows);
    case 'page-down':
      return select(ui, scene, Math.max(0, at) + scene.pageRows);
    case 'home':
      return select(ui, scene, 0);
    case 'end':
      return select(ui, scene, scene.items.length - 1);
    case 'enter':
      return at < 0 ? ui : { ...ui, details: !ui.details };
    case 'escape':
      // One step back at a time: details, selection, filter.
      if (ui.details) return { ...ui, details: false };
      return ui.selected === null ? { ...ui, filter: '' } : { ...ui, selected: null };
    case 'tab':
      return nextTab(ui);
    default:
      return ui;
  }
}

function select(ui: UiState, { items }: Scene, index: number): UiState {
  const bounded = Math.min(Math.max(0, index), items.length - 1);
  const item = items[bounded];
  return item ? { ...ui, selected: item.id, selectedIndex: bounded } : ui;
}

function next<T>(all: readonly T[], now: T): T {
  return all[(all.indexOf(now) + 1) % all.length] ?? now;
}

function nextTab(ui: UiState): UiState {
  return { ...ui, tab: next(TABS, ui.tab), selected: null, details: false };
}

/** Sorts the list that the selection is in; without one, both. */
function nextSort(ui: UiState, { items, selectedIndex }: Scene): UiState {
  const kind = items[selectedIndex]?.kind;
  const queueSort = kind === 'visitor' ? ui.queueSort : next(QUEUE_SORTS, ui.queueSort);
  const quotaSort = kind === 'call' ? ui.quotaSort : next(QUOTA_SORTS, ui.quotaSort);
  return { ...ui, queueSort, quotaSort };
}

function newRate(ui: UiState, step: 1 | -1): Pressed {
  const at = RATES.findIndex((rate) => rate >= ui.rateSeconds);
  const seconds = RATES[Math.min(Math.max(0, at + step), RATES.length - 1)] ?? ui.rateSeconds;
  return done({ ...ui, rateSeconds: seconds }, { kind: 'rate', seconds });
}

function dialogFor(text: string, { items, selectedIndex }: Scene): UiState['dialog'] {
  const item = items[selectedIndex];
  const visitor = visitorOf(item);
  switch (text) {
    case 'f':
      return { kind: 'confirm', action: { kind: 'advance', seconds: HOUR_SECONDS } };
    case 'k': {
      const call = callOf(item);
      if (!call) return null;
      const label = `#${call.call} (${call.function} of ${call.visitor})`;
      // A grant that has not begun has no worker to kill.
      const kind =
        item?.kind === 'slice' && item.slice.use !== 'granted'
          ? ('kill' as const)
          : ('release' as const);
      return { kind: 'confirm', action: { kind, call: call.call, label } };
    }
    case 'r':
      return visitor === null ? null : { kind: 'confirm', action: { kind: 'reset', visitor } };
    case 'y':
      return visitor === null ? null : { kind: 'choose-tier', visitor };
    default:
      return null;
  }
}

/** What a dialog asks, and the keys that answer it. */
export interface Question {
  readonly text: string;
  readonly keys: string;
}

const tierKeys = Object.entries(TIER_KEYS)
  .map(([key, tier]) => `${key} ${tier ?? 'its own'}`)
  .join('  ');

export function question(dialog: NonNullable<UiState['dialog']>): Question {
  if (dialog.kind === 'choose-tier') {
    return {
      text: `Which tier does ${dialog.visitor} count as from now on?`,
      keys: `${tierKeys}  esc none`,
    };
  }
  return { text: asks(dialog.action), keys: 'y yes  n no' };
}

function asks(action: Action): string {
  switch (action.kind) {
    case 'kill':
      return `Kill call ${action.label}? Its visitor reads "GPU task aborted".`;
    case 'release':
      return `Take call ${action.label} out of the queue?`;
    case 'reset':
      return `Give ${action.visitor} the whole quota again?`;
    case 'tier':
      return `Count ${action.visitor} as ${action.tier ?? 'what they come with'}?`;
    case 'advance':
      return 'Move quota time on by 1 hour? Running calls do not notice.';
  }
}

/** What is said when it is done. */
export function doneText(action: Action): string {
  switch (action.kind) {
    case 'kill':
      return `call ${action.label} was killed`;
    case 'release':
      return `call ${action.label} was taken out`;
    case 'reset':
      return `${action.visitor} has the whole quota again`;
    case 'tier':
      return `${action.visitor} counts as ${action.tier ?? 'what they come with'}`;
    case 'advance':
      return 'quota time moved on by 1 hour';
  }
}
