import { EXIT, UserError } from '../../shared/errors.js';
import {
  CARD_QUERY,
  type Card,
  MIG_DETAILS,
  MIG_LIST,
  type MigInstance,
  parseCards,
  parseMigList,
  parseMigMemory,
} from './parse.js';
import { visibleCards } from './slices.js';
import type { AskSmi, SmiAnswer } from './smi.js';

/** A driver that has to wake its cards takes seconds; one that needs more than this hangs. */
export const DISCOVERY_MS = 15_000;

/** What the driver knows of this machine's cards. */
export interface Discovery {
  readonly cards: readonly Card[];
  readonly migs: readonly MigInstance[];
  /** Bytes by `CARD_UUID/DEVICE`. */
  readonly migBytes: ReadonlyMap<string, number>;
}

/**
 * Looks for cards. Only asks: no setting of a card is changed, ever.
 *
 * @param visible CUDA_VISIBLE_DEVICES of this process
 * @throws UserError E_GPU_UNAVAILABLE with the driver's own words
 */
export async function discover(
  ask: AskSmi,
  visible: string | undefined,
  timeoutMs = DISCOVERY_MS,
): Promise<Discovery> {
  const all = parseCards(textOf(await ask(CARD_QUERY, timeoutMs)));
  if (all.length === 0) throw unusable('nvidia-smi knows no card');
  const cards = visibleCards(all, visible);
  if (cards.length === 0) {
    throw unusable(
      `CUDA_VISIBLE_DEVICES is "${visible}", which leaves none of ${all.length} card(s)`,
    );
  }
  if (!cards.some(({ mig }) => mig)) return { cards, migs: [], migBytes: new Map() };
  const [list, details] = await Promise.all([
    ask(MIG_LIST, timeoutMs),
    ask(MIG_DETAILS, timeoutMs),
  ]);
  return {
    cards,
    migs: parseMigList(textOf(list)),
    migBytes: parseMigMemory(textOf(details)),
  };
}

function textOf(answer: SmiAnswer): string {
  if (answer.ok) return answer.text;
  throw unusable(answer.text);
}

function unusable(why: string): UserError {
  return new UserError('E_GPU_UNAVAILABLE', 'no NVIDIA GPU can be used here', {
    why: `${why}.`,
    fix: ['nvidia-smi   (has to list the GPU)', '--gpu mock'],
    exitCode: EXIT.cannot,
  });
}
