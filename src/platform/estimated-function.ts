import type { GpuSize } from './tiers.js';

/** What a GPU function would take on one edition of the platform: the most of all calls that an estimate made. */
export interface EstimatedFunction {
  /** As the function is named in its file. */
  readonly name: string;
  /** The smallest size that it fits in; null for none. */
  readonly size: GpuSize | null;
  /** What it asked for. */
  readonly askedSize: GpuSize;
  readonly peakBytes: number;
  /** Memory that a call of the asked size has for tensors. */
  readonly roomBytes: number;
  /** The fastest and the slowest that a call may be, without loading weights. */
  readonly seconds: { readonly low: number; readonly high: number } | null;
  /** Whole seconds to declare; null where it fits in no size. */
  readonly suggestedSeconds: number | null;
}
