/** What the viewer of a cluster has chosen, and what each key changes. Pure. */
import type { Key } from '../press.js';
import { RATES } from '../ui-state.js';

export interface ClusterUi {
  /** `node:gpu-1` or `quota`: that panel on the whole screen; null for all. */
  readonly tab: string | null;
  /** From 0; may be past the last one. */
  readonly page: number;
  readonly paused: boolean;
  readonly rateSeconds: number;
  readonly help: boolean;
}

export const initialClusterUi = (rateSeconds: number): ClusterUi => ({
  ...{ tab: null, page: 0, paused: false, rateSeconds, help: false },
});

/** What is on the screen when a key is pressed. */
export interface ClusterScene {
  readonly tabs: readonly string[];
  readonly page: number;
  readonly pages: number;
}

export interface ClusterPressed {
  readonly ui: ClusterUi;
  readonly quits: boolean;
}

/** Every key of the view, for `?`; docs/cluster.md lists them too. */
export const CLUSTER_HELP: readonly (readonly [keys: string, what: string])[] = [
  [
    'page up, page down',
    'the page before, the next; up and down too, g and G the first and the last',
  ],
  ['t, tab', 'one panel on the whole screen, the next, all again'],
  ['p', 'pause: the screen stands still, the cluster continues'],
  ['+ -', 'more or fewer frames'],
  ['esc', 'all panels again'],
  ['q, ctrl-c', 'leave; the cluster continues'],
];

export function pressInCluster(ui: ClusterUi, key: Key, scene: ClusterScene): ClusterPressed {
  const name = 'name' in key ? key.name : null;
  const text = 'text' in key ? key.text : null;
  if (name === 'interrupt' || text === 'q') return { ui, quits: true };
  if (ui.help) {
    const leaves = text === '?' || name === 'escape' || name === 'enter';
    return { ui: { ...ui, help: !leaves }, quits: false };
  }
  return {
    ui: name === null ? typed(ui, text ?? '', scene) : named(ui, name, scene),
    quits: false,
  };
}

function typed(ui: ClusterUi, text: string, scene: ClusterScene): ClusterUi {
  switch (text) {
    case '?':
      return { ...ui, help: true };
    case 'p':
      return { ...ui, paused: !ui.paused };
    case 't':
      return nextTab(ui, scene);
    case 'g':
      return { ...ui, page: 0 };
    case 'G':
      return { ...ui, page: scene.pages - 1 };
    case '+':
    case '=':
      return newRate(ui, -1);
    case '-':
      return newRate(ui, 1);
    default:
      return ui;
  }
}

function named(
  ui: ClusterUi,
  name: Extract<Key, { name: string }>['name'],
  scene: ClusterScene,
): ClusterUi {
  switch (name) {
    case 'up':
    case 'page-up':
      return { ...ui, page: Math.max(0, scene.page - 1) };
    case 'down':
    case 'page-down':
      return { ...ui, page: Math.min(scene.pages - 1, scene.page + 1) };
    case 'home':
      return { ...ui, page: 0 };
    case 'end':
      return { ...ui, page: scene.pages - 1 };
    case 'tab':
      return nextTab(ui, scene);
    case 'escape':
      return { ...ui, tab: null, page: 0 };
    default:
      return ui;
  }
}

function nextTab(ui: ClusterUi, { tabs }: ClusterScene): ClusterUi {
  const at = ui.tab === null ? -1 : tabs.indexOf(ui.tab);
  return { ...ui, tab: tabs[at + 1] ?? null, page: 0 };
}

function newRate(ui: ClusterUi, step: 1 | -1): ClusterUi {
  const at = RATES.findIndex((rate) => rate >= ui.rateSeconds);
  const last = RATES.length - 1;
  const next = Math.min(Math.max(0, (at < 0 ? last : at) + step), last);
  return { ...ui, rateSeconds: RATES[next] ?? ui.rateSeconds };
}
