import { systemClock } from '../../shared/clock.js';
import type { World } from '../../shared/world.js';
import type { RunConsole } from '../console/index.js';
import type { RunOptions } from '../options/index.js';

/** A console whose calls go to a collector as well. */
export interface TracedConsole {
  readonly console: RunConsole;
  close(): Promise<void>;
}

/** The console as it is, or with `--otlp` one that sends a trace of each call; OpenTelemetry is loaded then alone. */
export async function traceCalls(
  talk: RunConsole,
  { otlpUrl, dir, spaceId }: Pick<RunOptions, 'otlpUrl' | 'dir' | 'spaceId'>,
  env: World['env'],
  version: string,
): Promise<TracedConsole> {
  if (otlpUrl === null) return { console: talk, close: async () => {} };
  const [{ sendTraces }, { findSpaceId }] = await Promise.all([
    import('./send-traces.js'),
    import('../hub/index.js'),
  ]);
  const target = { url: otlpUrl, service: findSpaceId(dir, spaceId, env), version };
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
