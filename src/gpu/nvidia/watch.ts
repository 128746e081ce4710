import type { Clock, Timer } from '../../shared/clock.js';
import { EXIT, UserError } from '../../shared/errors.js';
import type { ProcessId } from '../../shared/host.js';
import type { DeviceHost } from '../port.js';
import { judgeLook, type Verdict } from './judge.js';
import { APP_QUERY, CARD_QUERY, type Card, parseApps, parseCards } from './parse.js';
import type { NvidiaSlice } from './slices.js';
import type { AskSmi } from './smi.js';

const LOOK_EVERY_MS = 1_000;
const LOOK_TIMEOUT_MS = 5_000;
/** After so many looks without an answer a warning says that the cards are not watched any more. */
const PATIENCE_LOOKS = 3;

export interface DriverWatch {
  readonly cards: readonly Card[];
  stop(): void;
}

export interface DriverWatchParts {
  readonly ask: AskSmi;
  readonly clock: Clock;
  readonly slices: readonly NvidiaSlice[];
  readonly host: DeviceHost;
  readonly isDescendant: (pid: number, ancestor: ProcessId) => boolean;
  /** Bytes of each holder, as they were seen. */
  readonly onUsed: (usedBytes: ReadonlyMap<number, number | null>) => void;
}

/** Looks at the driver's figures again and again, one look after the other. */
export function watchDriver(parts: DriverWatchParts): DriverWatch {
  const { ask, clock, slices, host } = parts;
  const told = new Set<string>();
  let cards: readonly Card[] = [];
  let silent = 0;
  let lostBefore: readonly string[] = [];
  let timer: Timer | null = null;
  let stopped = false;

  async function look(): Promise<void> {
    const [cardAnswer, appAnswer] = await Promise.all([
      ask(CARD_QUERY, LOOK_TIMEOUT_MS),
      ask(APP_QUERY, LOOK_TIMEOUT_MS),
    ]);
    if (stopped) return;
    const seen = cardAnswer.ok ? parseCards(cardAnswer.text) : null;
    const failure = cardAnswer.ok ? (appAnswer.ok ? null : appAnswer.text) : cardAnswer.text;
    // Figures of before are no figures of now.
    cards = seen ?? [];
    if (failure !== null || seen === null || !appAnswer.ok) {
      silent += 1;
      if (silent === PATIENCE_LOOKS) {
        host.notice(`${failure}: shares of device memory are not watched until it answers`);
      }
    } else {
      if (silent >= PATIENCE_LOOKS) host.notice('nvidia-smi answers again');
      silent = 0;
      const { holders, roots } = host.state();
      const { isDescendant } = parts;
      const context = { slices, holders, roots, isDescendant };
      act(judgeLook({ cards: seen, apps: parseApps(appAnswer.text) }, context));
    }
    timer = clock.after(LOOK_EVERY_MS, () => void look());
  }

  function act({ usedBytes, aborts, unleased, lost }: Verdict): void {
    parts.onUsed(usedBytes);
    reportLost(lost);
    for (const { holder, reason, text } of aborts) {
      once(`${reason}/${holder.process.pid}/${holder.process.startTime}`, text);
      host.abort(holder.process, reason);
    }
    for (const { pid, cardUuid } of unleased) {
      once(
        `unleased/${pid}/${cardUuid}`,
        `process ${pid} of a Space uses ${cardUuid} without a lease`,
      );
    }
    if ([...usedBytes.values()].includes(null)) {
      once(
        'no-memory-figures',
        'the driver does not report memory per process here: only PyTorch keeps the shares',
      );
    }
    if (slices.every(({ cardUuid }) => lost.includes(cardUuid))) host.fatal(nothingLeft());
  }

  /** Reported before any worker is ended: a slice that becomes free by that must not be granted to the next call. */
  function reportLost(lost: readonly string[]): void {
    if (lost.join() === lostBefore.join()) return;
    for (const uuid of lost) {
      if (!lostBefore.includes(uuid)) host.notice(`the driver does not list ${uuid} any more`);
    }
    for (const uuid of lostBefore) {
      if (!lost.includes(uuid)) host.notice(`the driver lists ${uuid} again`);
    }
    lostBefore = lost;
    host.lost(slices.flatMap(({ index, cardUuid }) => (lost.includes(cardUuid) ? index : [])));
  }

  function once(key: string, text: string): void {
    if (told.has(key)) return;
    told.add(key);
    host.notice(text);
  }

  void look();
  return {
    get cards() {
      return cards;
    },
    stop() {
      stopped = true;
      timer?.cancel();
    },
  };
}

function nothingLeft(): UserError {
  return new UserError('E_GPU_UNAVAILABLE', 'every GPU that was offered is gone', {
    why: 'The driver does not list them any more: `dmesg` may say why (Xid).',
    fix: ['nvidia-smi', '--gpu mock'],
    exitCode: EXIT.cannot,
  });
}
