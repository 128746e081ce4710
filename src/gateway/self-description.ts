/**
 * What Gradio says of itself as JSON: `/config` and `/info`. It keeps the latter as it was first asked
 * (gradio 6.31, routes.py), and its own MCP server asks at the app's port.
 */
import { Transform } from 'node:stream';

/** A longer one passes as it is. */
const MOST_BYTES = 8_000_000;
const PATH = /(?:^|\/)(?:info|config)$/;

/** Whether an answer may name the app's own address. */
export function describesItself(
  path: string,
  headers: Readonly<Record<string, string | string[]>>,
): boolean {
  const type = String(headers['content-type'] ?? '');
  const length = Number(headers['content-length'] ?? 0);
  const isPlain = headers['content-encoding'] === undefined && length <= MOST_BYTES;
  return PATH.test(path) && isPlain && type.startsWith('application/json');
}

/** Replaces the app's own origins by the visitor's; the answer's length is known at its end. */
export function namesTheGateway(appOrigins: readonly string[], origin: string): Transform {
  const parts: Buffer[] = [];
  return new Transform({
    transform(part: Buffer, _encoding, done) {
      parts.push(part);
      done();
    },
    flush(done) {
      // Latin-1 keeps every byte, and the addresses are ASCII.
      let text = Buffer.concat(parts).toString('latin1');
      for (const own of appOrigins) {
        text = text.replaceAll(new RegExp(`${own.replaceAll('.', '\\.')}(?!\\d)`, 'g'), origin);
      }
      done(null, Buffer.from(text, 'latin1'));
    },
  });
}
