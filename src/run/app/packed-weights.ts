/**
 * Weights that are on `cuda` when the app starts: the package packs them to disk, and reads them into each
 * worker. Their size is reported before they are written, since gigabytes may not fit.
 */
import type { PlatformProfile } from '../../platform/schema.js';
import { formatBytes } from '../../shared/bytes.js';

/** The package's progress bar: its size has three digits (spaces 0.51.3, spaces/zero/torch/patching.py). */
const PROGRESS = /^ZeroGPU tensors packing:.*?\|\s*[\d.]+[kMGT]?\/([\d.]+)([kMGT]?)B? /;
const FACTOR: Readonly<Record<string, number>> = { '': 1, k: 1e3, M: 1e6, G: 1e9, T: 1e12 };

/** What a line of the app says of the bytes that are being packed, to three digits; null for another line. */
export function packedBytesIn(line: string): number | null {
  const [, digits, unit = ''] = PROGRESS.exec(line) ?? [];
  const bytes = Number(digits) * (FACTOR[unit] ?? Number.NaN);
  return Number.isFinite(bytes) && bytes > 0 ? bytes : null;
}

/** What a run says of them: one line, and a warning for each limit of the platform that they pass. */
export interface PackedReport {
  readonly line: string;
  readonly warnings: readonly string[];
}

/** @param bytes packed at start, above 0 */
export function packedReport(
  bytes: number,
  { name, packing }: Pick<PlatformProfile, 'name' | 'packing'>,
): PackedReport {
  const size = formatBytes(bytes);
  const { diskBytes, xlargeAboveBytes } = packing;
  const warnings = [];
  if (bytes >= diskBytes) {
    warnings.push(
      `${size} of weights are packed to disk at start, and the Space's ephemeral disk has ${formatBytes(diskBytes)}: on ${name} they do not fit`,
    );
  }
  if (xlargeAboveBytes !== null && bytes > xlargeAboveBytes) {
    warnings.push(
      `${size} of weights are more than ${xlargeAboveBytes} bytes (${formatBytes(xlargeAboveBytes)}): on ${name} \`spaces\` makes xlarge the default size, which costs more quota`,
    );
  }
  return { line: `weights on cuda at start: ${size}, packed to disk for the workers`, warnings };
}
