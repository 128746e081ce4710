/** What the viewer has chosen, apart from what the allocator says. */
import type { Tier } from '../platform/tiers.js';

export const TABS = ['all', 'gpu', 'queue', 'quota'] as const;
export type Tab = (typeof TABS)[number];

export const QUEUE_SORTS = ['order', 'waits', 'asks', 'visitor'] as const;
export const QUOTA_SORTS = ['activity', 'left', 'used', 'visitor'] as const;

/** Seconds between two frames, from `+` to `-`. */
export const RATES = [0.25, 0.5, 1, 2, 5, 10, 30, 60] as const;

/** Something that changes the allocator's state, and is asked about first. */
export type Action =
  | { readonly kind: 'kill'; readonly call: number; readonly label: string }
  | { readonly kind: 'release'; readonly call: number; readonly label: string }
  | { readonly kind: 'reset'; readonly visitor: string }
  | { readonly kind: 'tier'; readonly visitor: string; readonly tier: Tier | null }
  | { readonly kind: 'advance'; readonly seconds: number };

export type Dialog =
  | { readonly kind: 'confirm'; readonly action: Action }
  | { readonly kind: 'choose-tier'; readonly visitor: string };

export interface UiState {
  readonly tab: Tab;
  /** `slice:0`, `call:18`, `visitor:free:ada`; null before the first move. */
  readonly selected: string | null;
  /** Where that was in the list, for when it goes. */
  readonly selectedIndex: number;
  readonly filter: string;
  /** The filter is being typed. */
  readonly typing: boolean;
  readonly queueSort: (typeof QUEUE_SORTS)[number];
  readonly quotaSort: (typeof QUOTA_SORTS)[number];
  readonly paused: boolean;
  readonly rateSeconds: number;
  readonly help: boolean;
  readonly details: boolean;
  readonly dialog: Dialog | null;
  /** What the last action came to; gone with the next key. */
  readonly notice: { readonly text: string; readonly bad: boolean } | null;
}

export function initialUi(rateSeconds: number): UiState {
  return {
    tab: 'all',
    selected: null,
    selectedIndex: -1,
    filter: '',
    typing: false,
    queueSort: 'order',
    quotaSort: 'activity',
    paused: false,
    rateSeconds,
    help: false,
    details: false,
    dialog: null,
    notice: null,
  };
}
