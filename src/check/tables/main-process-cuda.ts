/** What the real `spaces` answers to CUDA calls outside GPU functions. */
import table from '../data/main-process-cuda.json' with { type: 'json' };

/** Before `import spaces`, in the main thread after it, and in another thread, where handlers run. */
export type CudaPlace = 'before' | 'start' | 'thread';

const refused: Readonly<Record<string, readonly (string | null)[]>> = table.refused;
const errors: Readonly<Record<string, string>> = table.errors;
const allowed: ReadonlySet<string> = new Set(table.allowed);

/** What the table was made with: packages and their versions. */
export const CUDA_TABLE_SOURCE = `${table.source} (${table.date})`;

/** Whether the table has a row for that call. */
export function isKnownCudaCall(name: string): boolean {
  return name in refused || allowed.has(name);
}

/**
 * The first line of what a call raises outside GPU functions.
 *
 * @param name a row of the table: `torch.cuda.set_device`, `.to("cuda")`
 * @returns null where it works, and for calls that are not in the table
 */
export function cudaRefusal(name: string, place: CudaPlace): string | null {
  const key = refused[name]?.[table.columns.indexOf(place)];
  return key ? (errors[key] ?? key) : null;
}
