/**
 * What Gradio says of itself as JSON: `/config` and `/info`. It keeps the latter as it was first asked
 * (gradio 6.31, routes.py), and its own MCP server asks at the app's port.
 */
import { type PublicSide, valuesOf } from './headers.js';

/** A longer one passes as it is. */
const MOST_BYTES = 8_000_000;
const PATH = /^[^?#]*\/(?:info|config)(?:[?#]|$)/;

/** Whether an answer may name the app's own address. */
export function describesItself(url: string, headers: readonly string[]): boolean {
  if (!PATH.test(url)) return false;
  const length = Number(valuesOf(headers, 'content-length') ?? 0);
  const isPlain = valuesOf(headers, 'content-encoding') === undefined && length <= MOST_BYTES;
  return isPlain && (valuesOf(headers, 'content-type') ?? '').startsWith('application/json');
}

/**
 * Replaces the app's own origins by the visitor's.
 *
 * @returns takes the answer part by part, and gives all of it at its end (null)
 */
export function namingTheGateway({
  appOrigins,
  origin,
}: PublicSide): (part: Buffer | null) => Buffer | null {
  const parts: Buffer[] = [];
  return (part) => {
    if (part !== null) {
      parts.push(part);
      return null;
    }
    // Latin-1 keeps every byte, and the addresses are ASCII.
    let text = Buffer.concat(parts).toString('latin1');
    for (const own of appOrigins) {
      text = text.replaceAll(new RegExp(`${own.replaceAll('.', '\\.')}(?!\\d)`, 'g'), origin);
    }
    return Buffer.from(text, 'latin1');
  };
}
