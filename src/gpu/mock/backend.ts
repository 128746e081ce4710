import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { PlatformProfile } from '../../platform/schema.js';
import type { SliceSpec } from '../../shared/host.js';
import { makeFolder } from '../../shared/make-folder.js';
import { packageRoot } from '../../shared/package-root.js';
import type { BackendRequest, GpuBackend } from '../port.js';
import { writeDriverFiles } from './driver-files.js';
import { readMeter, removeMeter, resetCallPeak } from './meter.js';

/**
 * How UUIDs of emulated slices begin. A process of a Space has the device while CUDA_VISIBLE_DEVICES
 * names one of them: `spaces` sets it in a worker, before it initialises CUDA.
 */
const SLICE_UUID_PREFIX = 'GPU-e3010a7e-0000-4000-8000-';
/** How UUIDs of whole cards begin: a call that holds all slices of a card has its memory. */
const CARD_UUID_PREFIX = `${SLICE_UUID_PREFIX}c`;

/**
 * The emulated GPU: slices that exist in name and size only. The device itself is made in the worker,
 * by the Python package `emulated_cuda`, out of host memory.
 */
export function createMockBackend(request: BackendRequest): GpuBackend {
  const { profile, runDir } = request;
  const vramBytes = request.vramBytes ?? profile.sizes.large.vramBytes;
  const meterDir = join(runDir, 'meter');
  makeFolder(meterDir, 0o700);
  const weightless = request.weightless ? weightlessEnvironment(request) : {};
  const driverDir = writeDriverFiles(runDir, profile.gpu.name, cardUuid(0));
  return {
    name: 'mock',
    description: `${request.weightless ? 'weightless' : 'mock'} ${profile.gpu.name}, ${gigabytes(vramBytes)} a slice`,
    slices: makeSlices(request, vramBytes),
    environment: () => ({
      ...emulatedEnvironment(profile, vramBytes),
      ZEROGPU_METER_DIR: meterDir,
      ZEROGPU_EMULATED_SLICE_PREFIX: SLICE_UUID_PREFIX,
      ZEROGPU_DRIVER_GPUS_DIR: driverDir,
      ...wholeCard(request),
      ...weightless,
    }),
    pythonPath: () => [emulatedPythonDir()],
    beginCall: ({ pid }) => resetCallPeak(meterDir, pid),
    readMemory: ({ pid }) => readMeter(meterDir, pid),
    forget: ({ pid }) => removeMeter(meterDir, pid),
    close: async () => {},
  };
}

/** Where the workers of a weightless run say what each call took (emulated_cuda/weightless/calls.py). */
function weightlessEnvironment({
  profile,
  runDir,
  callsDir,
}: BackendRequest): Readonly<Record<string, string>> {
  const calls = callsDir ?? join(runDir, 'weightless');
  makeFolder(calls, 0o700);
  return {
    ZEROGPU_WEIGHTLESS: '1',
    ZEROGPU_WEIGHTLESS_PROFILE: profile.name,
    ZEROGPU_WEIGHTLESS_CALLS: calls,
  };
}

/** The memory of a call that holds a whole card, where the platform has such calls. */
function wholeCard({ profile, vramBytes }: BackendRequest): Readonly<Record<string, string>> {
  const { xlarge } = profile.sizes;
  if (xlarge === null) return {};
  const bytes = vramBytes === null ? xlarge.vramBytes : vramBytes * xlarge.slices;
  return {
    ZEROGPU_EMULATED_WHOLE_PREFIX: CARD_UUID_PREFIX,
    ZEROGPU_EMULATED_WHOLE_BYTES: String(bytes),
  };
}

const cardUuid = (gpu: number) => `${CARD_UUID_PREFIX}${String(gpu).padStart(11, '0')}`;

/** What a Python process has to find in its environment to get the device. */
export function emulatedEnvironment(
  profile: PlatformProfile,
  vramBytes: number,
): Readonly<Record<string, string>> {
  return {
    ZEROGPU_EMULATED_VRAM_BYTES: String(vramBytes),
    ZEROGPU_EMULATED_GPU_NAME: profile.gpu.name,
    ZEROGPU_EMULATED_CAPABILITY: profile.gpu.computeCapability.join('.'),
    ZEROGPU_EMULATED_SM_COUNT: String(profile.gpu.multiProcessorCount),
    // A card of another size than the platform's is as large as what a call may use of it.
    ...(vramBytes === profile.sizes.large.vramBytes
      ? { ZEROGPU_EMULATED_CARD_BYTES: String(profile.gpu.memoryBytes) }
      : {}),
  };
}

function makeSlices({ gpus, profile }: BackendRequest, vramBytes: number): readonly SliceSpec[] {
  const { slicesPerGpu } = profile.gpu;
  return Array.from({ length: gpus * slicesPerGpu }, (_, index) => ({
    index,
    gpu: Math.floor(index / slicesPerGpu),
    uuid: `${SLICE_UUID_PREFIX}${String(index).padStart(12, '0')}`,
    cardUuid: cardUuid(Math.floor(index / slicesPerGpu)),
    vramBytes,
  }));
}

/** The folder that holds the package `emulated_cuda`. */
export function emulatedPythonDir(): string {
  const built = join(packageRoot(), 'dist/python/emulated');
  return existsSync(built) ? built : join(packageRoot(), 'src/gpu/mock');
}

/** As the platform's page counts it: `74.6 GB`. */
function gigabytes(bytes: number): string {
  return `${(bytes / 1e9).toFixed(1)} GB`;
}
