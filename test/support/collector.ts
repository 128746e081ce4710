/** A stand-in for an OpenTelemetry collector: it takes OTLP/HTTP with JSON. */
import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

interface WireAttribute {
  readonly key: string;
  readonly value: Readonly<Record<string, unknown>>;
}
interface WireSpan {
  readonly name: string;
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly startTimeUnixNano: string;
  readonly endTimeUnixNano: string;
  readonly attributes: readonly WireAttribute[];
}
interface WireTraces {
  readonly resourceSpans: readonly {
    readonly resource: { readonly attributes: readonly WireAttribute[] };
    readonly scopeSpans: readonly { readonly spans: readonly WireSpan[] }[];
  }[];
}

/** A span as it arrived, with the service that it belongs to. */
export type ReceivedSpan = WireSpan & { readonly service: unknown };

export interface Collector {
  /** With the path of traces. */
  readonly url: string;
  readonly received: readonly {
    readonly path: string | undefined;
    readonly headers: IncomingHttpHeaders;
    readonly text: string;
  }[];
  spans(): readonly ReceivedSpan[];
  close(): void;
}

const ACCEPT = (response: ServerResponse) =>
  void response.setHeader('content-type', 'application/json').end('{}');

/** @param answer what it says to each request; it accepts by default */
export async function startCollector(
  answer: (response: ServerResponse) => void = ACCEPT,
): Promise<Collector> {
  const received: Collector['received'][number][] = [];
  const server = createServer(async (request, response) => {
    let text = '';
    for await (const chunk of request) text += chunk;
    received.push({ path: request.url, headers: request.headers, text });
    answer(response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1/traces`,
    received,
    spans: () => received.flatMap(({ text }) => spansOf(JSON.parse(text) as WireTraces)),
    close() {
      server.closeAllConnections();
      server.close();
    },
  };
}

function spansOf({ resourceSpans }: WireTraces): readonly ReceivedSpan[] {
  return resourceSpans.flatMap(({ resource, scopeSpans }) => {
    const name = resource.attributes.find(({ key }) => key === 'service.name');
    const service = name?.value.stringValue;
    return scopeSpans.flatMap(({ spans }) => spans.map((span) => ({ ...span, service })));
  });
}
