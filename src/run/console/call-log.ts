import { isStartupCall } from '../../allocator/core/startup.js';
import type { CallRecord } from '../../allocator/core/types.js';

/** A record with what only the run knows: the function's name, and the time it was logged. */
export type NamedRecord = CallRecord & { readonly function: string };

/** Seconds of one function's finished calls. */
export interface FunctionUse {
  readonly name: string;
  /** Calls before `launch()`, apart from those of visitors. */
  readonly startup: boolean;
  readonly askedSeconds: number[];
  readonly usedSeconds: number[];
  killed: number;
  refused: number;
  /** Highest of its calls, weights moved at start-up included; null when none touched the device. */
  peakVramBytes: number | null;
}

/**
 * Gives each record its function's name and passes records on in the order they came, although
 * asking the app for a name takes a moment the first time.
 */
export function createCallLog(
  labelOf: (taskId: string, space: string) => Promise<string>,
  onRecord: (record: NamedRecord) => void,
) {
  const uses = new Map<string, FunctionUse>();
  let last: Promise<void> = Promise.resolve();

  function add(record: CallRecord): void {
    const name = labelOf(record.taskId, record.space);
    last = last.then(async () => {
      const named = { ...record, function: await name };
      count(named);
      onRecord(named);
    });
  }
  function count(record: NamedRecord): void {
    if (record.event !== 'ended' && record.event !== 'refused') return;
    const startup = isStartupCall(record);
    const key = `${startup ? 'start-up' : 'visitors'} ${record.function}`;
    const use = uses.get(key) ?? {
      name: record.function,
      startup,
      askedSeconds: [],
      usedSeconds: [],
      killed: 0,
      refused: 0,
      peakVramBytes: null,
    };
    uses.set(key, use);
    if (record.event === 'refused') {
      use.refused += 1;
      return;
    }
    use.askedSeconds.push(record.askedSeconds);
    use.usedSeconds.push(record.usedSeconds);
    if (record.end === 'deadline') use.killed += 1;
    if (record.peakVramBytes !== null) {
      use.peakVramBytes = Math.max(use.peakVramBytes ?? 0, record.peakVramBytes);
    }
  }
  return {
    add,
    /** Resolves when all records so far have been passed on. */
    flush: () => last,
    uses: (): readonly FunctionUse[] => [...uses.values()],
  };
}

export type CallLog = ReturnType<typeof createCallLog>;
