/** A process for the functions behind the commands, which write to streams: what they write is kept. */
import { Readable, Writable } from 'node:stream';
import { printable } from '../shared/printable.js';
import type { World } from '../shared/world.js';
import type { ToolContext } from './tool.js';

export type CollectedWorld = Pick<
  World,
  'env' | 'cwd' | 'stdin' | 'stdout' | 'stderr' | 'interrupted'
> & {
  /** All of stdout so far. */
  readonly said: () => string;
};

/**
 * @param onStdout called with each piece, beside being kept
 * @param onStderr called with each piece
 */
export function collectedWorld(
  { root, env, signal, progress }: ToolContext,
  onStdout: (text: string) => void = () => {},
  onStderr: (text: string) => void = progress,
): CollectedWorld {
  const pieces: string[] = [];
  return {
    env,
    cwd: root.dir,
    stdin: Readable.from([]),
    stdout: sink((text) => {
      pieces.push(text);
      onStdout(text);
    }),
    stderr: sink(onStderr),
    interrupted: signal,
    said: () => pieces.join(''),
  };
}

function sink(take: (text: string) => void): Writable {
  return new Writable({
    decodeStrings: false,
    write(chunk: unknown, _encoding, done) {
      take(printable(String(chunk)));
      done();
    },
  });
}
