/** What an app writes, line by line, whatever it writes and however fast. */
import type { Readable, Writable } from 'node:stream';

/** A longer line comes in pieces: one that never ends must not be waited for in memory. */
const LONGEST_LINE_CHARS = 16_384;

/**
 * Reads lines that end with `\n`, `\r\n` or `\r`, as terminals and progress bars write them. The last
 * one may lack its end.
 *
 * @param sink where the lines are shown in the end: while its reader does not keep up, nothing is read, so
 *   that an app waits for that reader as it would without us
 */
export function followLines(
  source: Readable,
  onLine: (line: string) => void,
  sink: Pick<Writable, 'writableNeedDrain' | 'once'>,
): void {
  let rest = '';
  source.setEncoding('utf8');
  source.on('data', (chunk: string) => {
    const lines = (rest + chunk).split(/\r\n|\n|\r(?!$)/);
    rest = lines.pop() ?? '';
    for (const line of lines) tell(line);
    while (rest.length > LONGEST_LINE_CHARS) {
      onLine(rest.slice(0, LONGEST_LINE_CHARS));
      rest = rest.slice(LONGEST_LINE_CHARS);
    }
    if (!sink.writableNeedDrain) return;
    source.pause();
    sink.once('drain', () => source.resume());
  });
  source.once('end', () => {
    if (rest !== '') tell(rest.replace(/\r$/, ''));
    rest = '';
  });
  // A pipe that breaks has nothing more to say.
  source.on('error', () => {});

  function tell(line: string): void {
    for (let at = 0; at === 0 || at < line.length; at += LONGEST_LINE_CHARS) {
      onLine(line.slice(at, at + LONGEST_LINE_CHARS));
    }
  }
}
