/** Which slices a machine's cards make. Pure. */
import { formatBytes } from '../../shared/bytes.js';
import { EXIT, UserError } from '../../shared/errors.js';
import type { SliceSpec } from '../../shared/host.js';
import type { Card, MigInstance } from './parse.js';

/**
 * What one process holds besides its tensors: the CUDA context, kernels and libraries, which
 * PyTorch's allocator does not count and the driver does. Our own allowance, no measured figure.
 */
export const CONTEXT_BYTES = 2 ** 30;

export interface SliceRequest {
  /** Cards to offer. */
  readonly gpus: number;
  /** Slices of each card that is not partitioned. */
  readonly slices: number;
  /** Bytes per slice; null for an even share. */
  readonly vramBytes: number | null;
}

/** A slice and the card that it lies on; a MIG device has a UUID of its own. */
export interface NvidiaSlice extends SliceSpec {
  readonly cardUuid: string;
}

/**
 * The cards that CUDA_VISIBLE_DEVICES leaves to this process, in the order of the driver. Whoever
 * set it has given the others to somebody else. Entries are numbers, UUIDs, or beginnings of UUIDs.
 */
export function visibleCards(cards: readonly Card[], visible: string | undefined): readonly Card[] {
  if (visible === undefined) return cards;
  const names = visible.split(',').map((name) => name.trim());
  return cards.filter((card) =>
    names.some(
      (name) =>
        name === String(card.index) || (name.startsWith('GPU-') && card.uuid.startsWith(name)),
    ),
  );
}

/**
 * One slice per MIG device of a partitioned card, `slices` of any other.
 *
 * @param migBytes memory of MIG devices by `CARD_UUID/DEVICE`
 * @throws UserError E_GPU_UNAVAILABLE for fewer cards than asked for, E_USAGE for shares that do
 *   not fit
 */
export function makeSlices(
  cards: readonly Card[],
  migs: readonly MigInstance[],
  migBytes: ReadonlyMap<string, number>,
  request: SliceRequest,
): readonly NvidiaSlice[] {
  if (cards.length < request.gpus) {
    const there = cards.length === 1 ? '1 card' : `${cards.length} cards`;
    throw new UserError('E_GPU_UNAVAILABLE', `--gpus is ${request.gpus}, and there is ${there}`, {
      why: cards.map(({ index, name }) => `GPU ${index}: ${name}`).join('\n'),
      fix: `--gpus ${Math.max(1, cards.length)}`,
      exitCode: EXIT.cannot,
    });
  }
  const found = cards
    .slice(0, request.gpus)
    .flatMap((card, gpu) =>
      card.mig ? migSlices(card, gpu, migs, migBytes, request) : wholeSlices(card, gpu, request),
    );
  return found.map((slice, index) => ({ ...slice, index }));
}

function wholeSlices(
  card: Card,
  gpu: number,
  { slices, vramBytes }: SliceRequest,
): readonly NvidiaSlice[] {
  const total = card.memoryTotalBytes;
  if (total === null) throw silentCard(card, 'the driver does not tell its memory');
  const overhead = slices > 1 ? CONTEXT_BYTES : 0;
  const most = Math.floor(total / slices) - overhead;
  const share = vramBytes ?? most;
  if (share <= 0 || share > most) throw tooMuch(card, total, slices, share, most);
  return Array.from({ length: slices }, (_, index) => ({
    index,
    gpu,
    uuid: card.uuid,
    cardUuid: card.uuid,
    vramBytes: share,
  }));
}

function migSlices(
  card: Card,
  gpu: number,
  migs: readonly MigInstance[],
  migBytes: ReadonlyMap<string, number>,
  { slices, vramBytes }: SliceRequest,
): readonly NvidiaSlice[] {
  if (slices > 1) {
    throw new UserError(
      'E_USAGE',
      `--slices is ${slices}, and ${card.name} is partitioned by MIG`,
      {
        why: 'Each of its MIG devices is one slice, and zerogpu changes no setting of a card.',
        fix: 'leave --slices out',
      },
    );
  }
  const own = migs.filter(({ cardUuid }) => cardUuid === card.uuid);
  if (own.length === 0) throw silentCard(card, 'MIG is on and it has no MIG device');
  return own.map(({ uuid, device, profile }) => {
    const total = migBytes.get(`${card.uuid}/${device}`);
    if (total === undefined) throw silentCard(card, `the memory of MIG ${profile} is not known`);
    const share = vramBytes ?? total;
    if (share > total) throw tooMuch(card, total, 1, share, total);
    return { index: device, gpu, uuid, cardUuid: card.uuid, vramBytes: share };
  });
}

function silentCard({ name, index }: Card, why: string): UserError {
  return new UserError('E_GPU_UNAVAILABLE', `GPU ${index} (${name}) can't be used`, {
    why: `${why}.`,
    fix: ['nvidia-smi', '--gpu mock'],
    exitCode: EXIT.cannot,
  });
}

function tooMuch(
  card: Card,
  total: number,
  slices: number,
  share: number,
  most: number,
): UserError {
  const size = `${card.name} has ${formatBytes(total)}`;
  if (most <= 0) {
    return new UserError('E_USAGE', `--slices ${slices} leaves nothing to each`, {
      why: `${size}, and every slice needs ${formatBytes(CONTEXT_BYTES)} besides its share.`,
      fix: '--slices 2',
    });
  }
  return new UserError('E_USAGE', `slices of ${formatBytes(share)} do not fit on the GPU`, {
    why: `${size}: ${slices} slice(s) can have ${formatBytes(most)} each at most.`,
    fix: `--vram ${Math.floor(most / 1e6)}MB`,
  });
}
