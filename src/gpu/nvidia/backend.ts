import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { formatBytes } from '../../shared/bytes.js';
import { type Clock, systemClock } from '../../shared/clock.js';
import type { ProcessId } from '../../shared/host.js';
import { makeFolder } from '../../shared/make-folder.js';
import { isDescendantOf } from '../../shared/process-table.js';
import type { BackendRequest, CardFigures, DeviceHost, GpuBackend } from '../port.js';
import { type Discovery, discover } from './discover.js';
import { isMpsRunning, mpsLimits } from './mps.js';
import { APP_QUERY, parseApps } from './parse.js';
import { CONTEXT_BYTES, makeSlices, type SliceRequest } from './slices.js';
import { type AskSmi, smiOnPath } from './smi.js';
import { type DriverWatch, watchDriver } from './watch.js';

/** How long a slice waits for the driver to give back a dead worker's memory. */
const FREED_WITHIN_MS = 10_000;
const FREED_LOOK_MS = 100;

export interface NvidiaRequest extends BackendRequest {
  readonly slices: number;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** What was found before, so that nvidia-smi is not asked twice. */
  readonly discovery?: Discovery;
  readonly ask?: AskSmi;
  readonly clock?: Clock;
}

/** Asks the driver of this machine. @throws UserError E_GPU_UNAVAILABLE */
export function discoverNvidia(env: NvidiaRequest['env']): Promise<Discovery> {
  return discover(smiOnPath(env), env['CUDA_VISIBLE_DEVICES']);
}

/** @throws UserError E_USAGE for shares that the cards found can't hold */
export function assertSharesFit(found: Discovery, request: SliceRequest): void {
  makeSlices(found.cards, found.migs, found.migBytes, request);
}

/**
 * The GPUs of this machine, as the driver lists them.
 *
 * @throws UserError E_GPU_UNAVAILABLE, E_USAGE for shares that do not fit
 */
export async function createNvidiaBackend(request: NvidiaRequest): Promise<GpuBackend> {
  const { env, runDir, clock = systemClock } = request;
  const ask = request.ask ?? smiOnPath(env);
  const found = request.discovery ?? (await discover(ask, env['CUDA_VISIBLE_DEVICES']));
  const slices = makeSlices(found.cards, found.migs, found.migBytes, request);
  const shareDir = join(runDir, 'share');
  makeFolder(shareDir, 0o700);
  const memory = new Map<number, { allocatedBytes: number; callPeakBytes: number }>();
  const { large, xlarge } = request.profile.sizes;
  const slicesPerCall = Math.max(large.slices, xlarge?.slices ?? 0);
  // A MIG device is kept apart by the card itself.
  const mps =
    found.migs.length === 0 && isMpsRunning(env) ? mpsLimits(slices, slicesPerCall, env) : {};
  let host: DeviceHost | null = null;
  let watch: DriverWatch | null = null;
  let closed = false;

  function onUsed(used: ReadonlyMap<number, number | null>): void {
    for (const [pid, bytes] of used) {
      if (bytes === null) continue;
      const callPeakBytes = Math.max(bytes, memory.get(pid)?.callPeakBytes ?? 0);
      memory.set(pid, { allocatedBytes: bytes, callPeakBytes });
    }
  }

  async function whenFreed({ pid }: ProcessId): Promise<void> {
    const deadline = clock.now().monotonicMs + FREED_WITHIN_MS;
    for (;;) {
      const leftMs = deadline - clock.now().monotonicMs;
      if (closed) return;
      if (leftMs <= 0) break;
      const answer = await ask(APP_QUERY, leftMs);
      if (answer.ok && !parseApps(answer.text).some((app) => app.pid === pid)) return;
      await new Promise<void>((resolve) => clock.after(FREED_LOOK_MS, resolve));
    }
    host?.notice(
      `the driver has not said within ${FREED_WITHIN_MS / 1000} s that the memory of process ${pid} is free; its slice is given to the next call`,
    );
  }

  return {
    name: 'nvidia',
    description: describe(slices, found),
    slices,
    samplesMemory: true,
    environment: () => ({
      ZEROGPU_VRAM_SHARE_BYTES: String(Math.min(...slices.map(({ vramBytes }) => vramBytes))),
      ZEROGPU_VRAM_SHARE_DIR: shareDir,
      // Nothing is visible but to a worker that was handed a device: the package sets it there.
      CUDA_VISIBLE_DEVICES: '',
      // torch.cuda.is_available() would otherwise start CUDA in the app, which then can't fork.
      PYTORCH_NVML_BASED_CUDA_CHECK: '1',
      ...mps,
    }),
    pythonPath: () => [],
    beginCall({ pid }, indexes = []) {
      const allocatedBytes = memory.get(pid)?.allocatedBytes;
      if (allocatedBytes !== undefined) {
        memory.set(pid, { allocatedBytes, callPeakBytes: allocatedBytes });
      }
      const own = slices.filter(({ index }) => indexes.includes(index));
      if (own.length === 0) return;
      // A call of several slices has their allowances too: it starts CUDA once.
      const bytes = own.reduce((sum, { vramBytes }) => sum + vramBytes, 0);
      const spared = own.length > 1 ? (own.length - 1) * CONTEXT_BYTES : 0;
      writeFileSync(join(shareDir, String(pid)), String(bytes + spared), { mode: 0o600 });
    },
    readMemory: ({ pid }) => memory.get(pid) ?? null,
    forget({ pid }) {
      memory.delete(pid);
      rmSync(join(shareDir, String(pid)), { force: true });
    },
    attach(given) {
      host = given;
      watch = watchDriver({ ask, clock, slices, host, isDescendant: isDescendantOf, onUsed });
    },
    cards: () => figuresOf(found, slices, watch),
    whenFreed,
    async close() {
      closed = true;
      watch?.stop();
    },
  };
}

function figuresOf(
  found: Discovery,
  slices: Awaited<ReturnType<typeof makeSlices>>,
  watch: DriverWatch | null,
): readonly CardFigures[] {
  return [...new Map(slices.map(({ gpu, cardUuid }) => [gpu, cardUuid]))].map(([gpu, uuid]) => {
    const card = watch?.cards.find((candidate) => candidate.uuid === uuid);
    return {
      gpu,
      name: found.cards.find((candidate) => candidate.uuid === uuid)?.name ?? uuid,
      utilizationPercent: card?.utilizationPercent ?? null,
      memoryUsedBytes: card?.memoryUsedBytes ?? null,
      memoryTotalBytes: card?.memoryTotalBytes ?? null,
      temperatureCelsius: card?.temperatureCelsius ?? null,
      powerWatts: card?.powerWatts ?? null,
    };
  });
}

function describe(
  slices: readonly { readonly cardUuid: string; readonly vramBytes: number }[],
  { cards }: Discovery,
): string {
  const offered = cards.filter(({ uuid }) => slices.some(({ cardUuid }) => cardUuid === uuid));
  const names = [...new Set(offered.map(({ name }) => name))].join(', ');
  const sizes = [...new Set(slices.map(({ vramBytes }) => formatBytes(vramBytes)))].join(' or ');
  return `${names}, ${sizes} a slice`;
}
