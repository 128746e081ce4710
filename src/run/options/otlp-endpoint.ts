import { UserError } from '../../shared/errors.js';
import { isLoopbackHost } from '../../shared/loopback.js';

/** Where a collector takes traces, below its endpoint (OTLP/HTTP). */
const TRACES_PATH = 'v1/traces';

/**
 * Where `--otlp` sends traces: the collector's endpoint with `/v1/traces` below it, unless the address has that
 * already. An address with a password is not quoted in the error.
 *
 * @throws UserError E_USAGE
 */
export function parseOtlpEndpoint(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url === null || !/^https?:$/.test(url.protocol)) {
    throw unusable(`--otlp is "${text}", which is not the address of a collector`, [
      'It takes an http or https address that speaks OTLP/HTTP.',
    ]);
  }
  if (url.username !== '' || url.password !== '' || url.search !== '' || url.hash !== '') {
    throw unusable('--otlp has a user, a password, a query or a fragment in its address', [
      'Credentials belong into OTEL_EXPORTER_OTLP_HEADERS, which nothing prints.',
    ]);
  }
  if (url.protocol === 'http:' && !isLoopbackHost(url.host)) {
    throw unusable(`--otlp is "${text}": http goes to this machine alone`, [
      'Spans and the headers of OTEL_EXPORTER_OTLP_HEADERS would cross the network unencrypted.',
      'Elsewhere it takes https; a collector on this machine can forward.',
    ]);
  }
  const path = url.pathname.replace(/\/+$/, '');
  url.pathname = path.endsWith(`/${TRACES_PATH}`) ? path : `${path}/${TRACES_PATH}`;
  return url.href;
}

function unusable(message: string, why: readonly string[]): UserError {
  return new UserError('E_USAGE', message, {
    why: why.join('\n'),
    fix: '--otlp http://127.0.0.1:4318',
  });
}
