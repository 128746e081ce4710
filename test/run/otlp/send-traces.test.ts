import { afterEach, describe, expect, it, vi } from 'vitest';
import { sendTraces } from '../../../src/run/otlp/send-traces.js';
import { systemClock } from '../../../src/shared/clock.js';
import { type Collector, startCollector } from '../../support/collector.js';
import { ADA, recordOf, refusalOf } from '../../support/run/records.js';

const collectors: Collector[] = [];
afterEach(() => {
  vi.unstubAllEnvs();
  for (const { close } of collectors.splice(0)) close();
});

async function collector(answer?: Parameters<typeof startCollector>[0]): Promise<Collector> {
  const started = await startCollector(answer);
  collectors.push(started);
  return started;
}

function open(url: string) {
  const warnings: string[] = [];
  const target = { url, service: 'me/hello', version: '1.2.3' };
  const traces = sendTraces(target, systemClock, (message) => void warnings.push(message));
  return { warnings, traces };
}

describe('--otlp', () => {
  it('sends each call as one trace, of the Space, with the headers of the environment', async () => {
    vi.stubEnv('OTEL_EXPORTER_OTLP_HEADERS', 'x-key=s3cret-value');
    const { received, spans, url } = await collector();
    const { warnings, traces } = open(url);
    const { monotonicMs } = systemClock.now();
    const at = (ms: number) => ({ at: { wallMs: 0, monotonicMs: monotonicMs + ms } });
    traces.call(recordOf('granted', at(0)));
    traces.call(recordOf('allowed', at(10)));
    traces.call(recordOf('ended', { ...at(2_010), usedSeconds: 2, creditSeconds: 0 }));
    traces.call(refusalOf('quota-exceeded', { call: 8 }));
    await traces.close();

    expect(warnings).toEqual([]);
    expect(received.every(({ path }) => path === '/v1/traces')).toBe(true);
    expect(received[0]?.headers['x-key']).toBe('s3cret-value');
    expect(spans().every(({ service }) => service === 'me/hello')).toBe(true);
    const roots = spans().filter(({ name }) => name === 'zerogpu.call');
    expect(new Set(roots.map(({ traceId }) => traceId)).size).toBe(2);
    const run = spans().find(({ name }) => name === 'run');
    expect(run?.parentSpanId).toBe(roots.find(({ traceId }) => traceId === run?.traceId)?.spanId);
    const tookNs = BigInt(run?.endTimeUnixNano ?? 0) - BigInt(run?.startTimeUnixNano ?? 0);
    expect(Math.round(Number(tookNs) / 1e6)).toBe(2_000);
    expect(received.map(({ text }) => text).join()).not.toMatch(/free:ada|\/zerogpu\/test/);
  });

  it("continues the visitor's own trace, unless it is not sampled", async () => {
    const { spans, url } = await collector();
    const { traces } = open(url);
    const [traceId, spanId] = ['a'.repeat(32), 'b'.repeat(16)];
    const { wallMs: atMs } = systemClock.now();
    const from = (flags: string) => ({
      visitor: { ...ADA, request: { atMs, traceparent: `00-${traceId}-${spanId}-${flags}` } },
    });
    traces.call(recordOf('refused', { ...from('01'), call: 8 }));
    traces.call(recordOf('refused', { ...from('00'), call: 9 }));
    await traces.close();
    const [gateway, call, schedule] = ['gateway', 'zerogpu.call', 'schedule'].map((name) =>
      spans().find((span) => span.name === name),
    );
    expect(gateway).toMatchObject({ traceId, parentSpanId: spanId });
    expect(call).toMatchObject({ traceId, parentSpanId: gateway?.spanId });
    expect(schedule).toMatchObject({ traceId, parentSpanId: call?.spanId });
    expect(spans().length).toBe(3);
  });

  it('warns once of a collector that refuses, without a word of what it says', async () => {
    vi.stubEnv('OTEL_EXPORTER_OTLP_HEADERS', 'x-key=s3cret-value');
    const { url } = await collector((response) =>
      response.writeHead(401, 'no s3cret-value').end('no s3cret-value'),
    );
    const { warnings, traces } = open(url);
    for (let call = 0; call < 3; call += 1) traces.call(refusalOf('quota-exceeded', { call }));
    await traces.close();
    expect(warnings).toEqual([
      `--otlp ${url}: it answers 401; the run continues, and spans are dropped`,
    ]);
  });

  it('ends within its two seconds where a collector never answers', async () => {
    const { url } = await collector(() => {});
    const { warnings, traces } = open(url);
    for (let call = 0; call < 5_000; call += 1) traces.call(refusalOf('quota-exceeded', { call }));
    const before = performance.now();
    await traces.close();
    // Two seconds of its own, and a machine that is busy.
    expect(performance.now() - before).toBeLessThan(8_000);
    expect(warnings).toEqual([
      `--otlp ${url}: 10000 of 10000 spans were not taken; the run continues, and spans are dropped`,
    ]);
  });
});
