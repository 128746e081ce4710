/** pdb at the run's terminal: lines typed there go to the process, and what it prints comes back. */
import type { Socket } from 'node:net';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import { printable } from '../../shared/printable.js';

export interface Screen {
  readonly stdin: Readable;
  readonly stderr: Writable;
  /** Ctrl-C: what it does in the run. */
  readonly interrupt: () => void;
}

/** Resolves when the process goes on. The terminal has to be free: no keys, no footer. */
export function converse(connection: Socket, { stdin, stderr, interrupt }: Screen): Promise<void> {
  const editor = createInterface({ input: stdin, output: stderr, terminal: true });
  let rest = '';
  return new Promise((resolve) => {
    connection.setEncoding('utf8');
    connection.on('data', (text: string) => {
      const lines = (rest + text).split('\n');
      // What has no end yet is the prompt.
      rest = lines.pop() ?? '';
      for (const line of lines) stderr.write(`${printable(line)}\n`);
      editor.setPrompt(printable(rest));
      editor.prompt(true);
    });
    editor.on('line', (line) => {
      rest = '';
      connection.write(`${line}\n`);
    });
    editor.on('SIGINT', interrupt);
    // Ctrl-D ends pdb, as everywhere.
    editor.on('close', () => void connection.end());
    connection.once('close', () => {
      editor.close();
      resolve();
    });
    if (connection.destroyed) connection.emit('close');
  });
}
