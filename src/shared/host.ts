/** A process on this host. The start time tells it from a later process with the same pid. */
export interface ProcessId {
  readonly pid: number;
  /** Clock ticks since boot, field 22 of /proc/PID/stat; 0 where the host can't tell. */
  readonly startTime: number;
}

/** Whether both are one and the same process: the kernel gives a pid to another one later. */
export function isSameProcess(one: ProcessId | null, other: ProcessId | null): boolean {
  return one !== null && one.pid === other?.pid && one.startTime === other.startTime;
}

/** One place where one `large` call runs. `index` is the wire's `nvidiaIndex`. */
export interface SliceSpec {
  readonly index: number;
  /** Number of the card that the slice is part of; `xlarge` takes all slices of one card. */
  readonly gpu: number;
  /** What the worker gets as CUDA_VISIBLE_DEVICES. */
  readonly uuid: string;
  /** The same for a call that holds several slices of the card; that of its first slice without one. */
  readonly cardUuid?: string;
  readonly vramBytes: number;
}
