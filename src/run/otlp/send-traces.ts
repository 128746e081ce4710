/** Sends the traces of calls to an OpenTelemetry collector. Loaded by `--otlp` alone. */
import { setTimeout as sleep } from 'node:timers/promises';
import {
  type Context,
  ROOT_CONTEXT,
  SpanKind,
  SpanStatusCode,
  type Tracer,
  trace,
} from '@opentelemetry/api';
import { type ExportResult, ExportResultCode, millisToHrTime } from '@opentelemetry/core';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { detectResources, envDetector, resourceFromAttributes } from '@opentelemetry/resources';
import {
  BasicTracerProvider,
  BatchSpanProcessor,
  type SpanExporter,
} from '@opentelemetry/sdk-trace-base';
import type { Clock } from '../../shared/clock.js';
import type { NamedRecord } from '../console/index.js';
import { type CallSpan, type CallTrace, collectCalls, traceOf } from './call-trace.js';

/** What is left at the end has so long, milliseconds. */
const LAST_MS = 2_000;
/** Spans leave together, so often, milliseconds. */
const BATCH_MS = 1_000;
/** Spans that wait while a collector does not answer; more are dropped. */
const MOST_WAITING_SPANS = 2_048;

export interface TraceSender {
  /** Takes the records of calls as they come; never waits and never throws. */
  call(record: NamedRecord): void;
  /** Sends what is left, for two seconds at most. */
  close(): Promise<void>;
}

export interface TraceTarget {
  /** Where traces go, `/v1/traces` included. */
  readonly url: string;
  /** `service.name`, unless OTEL_SERVICE_NAME says another. */
  readonly service: string;
  readonly version: string;
  /** The name of a record's Space, for a process that has several; null for the one of `service`. */
  readonly spaceOf?: (record: NamedRecord) => string | null;
}

/**
 * Opens a sender. Headers, time-out, compression and certificates come from the standard variables
 * (OTEL_EXPORTER_OTLP_…); a collector that does not take spans is reported once, by status or error code alone,
 * since its answer may quote a header.
 */
export function sendTraces(
  { url, service, version, spaceOf = () => null }: TraceTarget,
  clock: Clock,
  warn: (message: string) => void,
): TraceSender {
  let given = 0;
  let taken = 0;
  let hasWarned = false;
  const report = (why: string) => {
    if (!hasWarned) warn(`--otlp ${url}: ${why}; the run continues, and spans are dropped`);
    hasWarned = true;
  };
  const exporter = watched(new OTLPTraceExporter({ url }), (spans, { code, error }) => {
    if (code === ExportResultCode.SUCCESS) taken += spans;
    else report(reasonOf(error));
  });
  const limits = { maxQueueSize: MOST_WAITING_SPANS, scheduledDelayMillis: BATCH_MS };
  const provider = new BasicTracerProvider({
    resource: resourceFromAttributes({ 'service.name': service }).merge(
      detectResources({ detectors: [envDetector] }),
    ),
    spanProcessors: [
      {
        onStart() {},
        onEnd() {
          given += 1;
        },
        forceFlush: async () => {},
        shutdown: async () => {},
      },
      new BatchSpanProcessor(exporter, limits),
    ],
  });
  const tracer = provider.getTracer('zerogpu', version);
  return {
    call: collectCalls((records) => {
      const { wallMs, monotonicMs } = clock.now();
      const [first] = records;
      const call = traceOf(records, wallMs - monotonicMs, first ? spaceOf(first) : null);
      if (call) emit(tracer, call);
    }),
    async close() {
      const sent = provider.shutdown().catch(() => {});
      await Promise.race([sent, sleep(LAST_MS)]);
      if (taken < given) report(`${given - taken} of ${given} spans were not taken`);
      hasWarned = true;
    },
  };
}

function emit(tracer: Tracer, call: CallTrace): void {
  const { gateway } = call;
  const around = contextOf(call.traceparent);
  const gatewaySpan = gateway && tracer.startSpan(gateway.name, ofServer(gateway), around);
  const root = tracer.startSpan(
    call.name,
    gatewaySpan ? startOf(call) : ofServer(call),
    gatewaySpan ? trace.setSpan(around, gatewaySpan) : around,
  );
  const within = trace.setSpan(ROOT_CONTEXT, root);
  for (const phase of call.phases) {
    const span = tracer.startSpan(phase.name, startOf(phase), within);
    if (phase.error !== null) span.setStatus({ code: SpanStatusCode.ERROR, message: phase.error });
    span.end(millisToHrTime(phase.endMs));
  }
  if (call.error !== null) root.setStatus({ code: SpanStatusCode.ERROR, message: call.error });
  root.end(millisToHrTime(call.endMs));
  if (!gateway || !gatewaySpan) return;
  if (gateway.error !== null) {
    gatewaySpan.setStatus({ code: SpanStatusCode.ERROR, message: gateway.error });
  }
  gatewaySpan.end(millisToHrTime(gateway.endMs));
}

/** @param traceparent of the visitor's own span, whose trace goes on here */
function contextOf(traceparent: string | null): Context {
  const [, traceId, spanId, flags] = traceparent?.split('-') ?? [];
  if (traceId === undefined || spanId === undefined) return ROOT_CONTEXT;
  const traceFlags = Number.parseInt(flags ?? '', 16) & 1;
  return trace.setSpanContext(ROOT_CONTEXT, { traceId, spanId, traceFlags, isRemote: true });
}

const ofServer = (span: CallSpan) => ({ ...startOf(span), kind: SpanKind.SERVER });

const startOf = ({ startMs, attributes }: CallSpan) => ({
  startTime: millisToHrTime(startMs),
  attributes: { ...attributes },
});

function watched(
  exporter: SpanExporter,
  onResult: (spans: number, result: ExportResult) => void,
): SpanExporter {
  return {
    export: (spans, done) =>
      exporter.export(spans, (result) => {
        onResult(spans.length, result);
        done(result);
      }),
    shutdown: () => exporter.shutdown(),
  };
}

/** Neither an answer's text nor a message: they may quote what was sent. */
function reasonOf(error: Error | undefined): string {
  const code = error && 'code' in error ? error.code : undefined;
  if (typeof code === 'number') return `it answers ${code}`;
  return typeof code === 'string' ? `it does not answer (${code})` : 'it does not answer';
}
