/** One Space, checked again whenever something of it changes; only the newest text is ever reported. */
import { basename } from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import { type CheckedSpace, checkSpace } from '../check/check-space.js';
import type { AskPython } from '../check/exact-syntax.js';
import type { CheckOptions } from '../check/options.js';
import type { Rule } from '../check/rule.js';
import { type CheckSettings, resolveSettings } from '../check/settings.js';
import { loadProfile } from '../platform/index.js';
import { UserError } from '../shared/errors.js';
import type { SpaceFiles } from '../space/index.js';

/** What is known of a Space after a check; `problem` where its settings can't be read. */
export type Checked =
  | { readonly kind: 'checked'; readonly space: CheckedSpace; readonly settings: CheckSettings }
  | { readonly kind: 'problem'; readonly error: UserError };

export interface SpaceCheckPorts {
  readonly files: SpaceFiles;
  readonly options: () => CheckOptions;
  readonly usersPlatform: () => Promise<string | undefined>;
  readonly askPython: AskPython;
  /** Told after each check of the newest text. */
  readonly onChecked: (checked: Checked) => void;
  /** Told when a rule or the check itself fails: a bug. */
  readonly onBug: (error: unknown) => void;
}

/** A burst of changes is one; a Space that takes long to check is checked less often. Milliseconds. */
const SHORTEST_WAIT_MS = 5;
const LONGEST_WAIT_MS = 250;

export class SpaceCheck {
  readonly folder: string;
  readonly #ports: SpaceCheckPorts;
  /** Counts changes; a check answers for the count that it began with. */
  #changes = 1;
  #answered = 0;
  #latest: Checked | null = null;
  #running: Promise<void> | null = null;
  #timer: NodeJS.Timeout | undefined;
  #lastMs = 0;
  #isClosed = false;

  constructor(folder: string, ports: SpaceCheckPorts) {
    this.folder = folder;
    this.#ports = ports;
  }

  /** Something of it has changed: it is checked when no more comes for a moment. */
  changed(): void {
    this.#changes += 1;
    clearTimeout(this.#timer);
    const waitMs = Math.min(LONGEST_WAIT_MS, Math.max(SHORTEST_WAIT_MS, this.#lastMs / 4));
    this.#timer = setTimeout(() => void this.current(), waitMs);
  }

  /** What holds for the text as it is now; null when the server closes. */
  async current(): Promise<Checked | null> {
    while (this.#answered < this.#changes && !this.#isClosed) {
      this.#running ??= this.#check().finally(() => {
        this.#running = null;
      });
      await this.#running;
    }
    return this.#latest;
  }

  close(): void {
    this.#isClosed = true;
    clearTimeout(this.#timer);
  }

  async #check(): Promise<void> {
    clearTimeout(this.#timer);
    const began = this.#changes;
    const startMs = performance.now();
    const pause = async () => {
      // Lets the next keystroke in: then this answer is of no more use.
      await turn();
      if (this.#changes !== began || this.#isClosed) throw STALE;
    };
    let found: Checked;
    try {
      found = await this.#read(pause);
    } catch (error) {
      if (error === STALE) return;
      if (error instanceof UserError) found = { kind: 'problem', error };
      else {
        // The same text would fail again.
        this.#answered = began;
        this.#ports.onBug(error);
        return;
      }
    }
    this.#lastMs = performance.now() - startMs;
    if (this.#changes !== began) return;
    this.#answered = began;
    this.#latest = found;
    this.#ports.onChecked(found);
  }

  async #read(pause: () => Promise<void>): Promise<Checked> {
    const { files, options, usersPlatform, askPython, onBug } = this.#ports;
    const platform = await usersPlatform();
    const resolved = await resolveSettings(options(), files, this.folder, platform);
    loadProfile(resolved.platform);
    const rules = resolved.rules.filter(isAskedHere);
    const settings = { ...resolved, rules };
    const space = await checkSpace(basename(this.folder), files, {
      ...settings,
      hub: null,
      askPython,
      pause,
    });
    for (const { error } of space.failures) onBug(error);
    return { kind: 'checked', space, settings };
  }
}

const STALE = Symbol('stale');

/** Rules that need nothing but the folder. */
const isAskedHere = ({ asksHub, asksResolver, asksEstimate }: Rule) =>
  !asksHub && !asksResolver && !asksEstimate;
