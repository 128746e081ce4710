import { systemClock } from '../../shared/clock.js';
import type { RunConsole } from '../console/index.js';
import type { TraceTarget } from './send-traces.js';

/** A console whose calls go to a collector as well. */
export interface TracedConsole {
  readonly console: RunConsole;
  close(): Promise<void>;
}

/** The console as it is, or with a target one that sends a trace of each call; OpenTelemetry is loaded then alone. */
export async function traceCalls(
  talk: RunConsole,
  target: TraceTarget | null,
): Promise<TracedConsole> {
  if (target === null) return { console: talk, close: async () => {} };
  const { sendTraces } = await import('./send-traces.js');
  const traces = sendTraces(target, systemClock, (message) => talk.warn(message));
  return {
    console: {
      ...talk,
      call(record) {
        talk.call(record);
        traces.call(record);
      },
    },
    close: traces.close,
  };
}
