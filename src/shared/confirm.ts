import type { Readable, Writable } from 'node:stream';

import { forDrawing, printableLine } from './printable.js';

/** Asks a person for a yes; Ctrl-C and Escape are a no. */
export type Confirm = (question: string) => Promise<boolean>;

interface Asked {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly stdin: Readable & { readonly isTTY?: boolean };
  /** False in a shell's background, where whoever takes the terminal is stopped; true when left out. */
  readonly inForeground?: () => boolean;
  readonly stderr: Writable & { readonly isTTY?: boolean };
}

/** Null where no person can answer: no terminal, a shell's background, or CI. */
export function confirmOn({ env, stdin, stderr, inForeground }: Asked): Confirm | null {
  if (!stdin.isTTY || !stderr.isTTY || !(inForeground?.() ?? true) || env['CI']) return null;
  return async (message) => {
    const { confirm } = await import('@clack/prompts');
    const output = forDrawing(stderr);
    const question = { message: printableLine(message), initialValue: false };
    return (await confirm({ ...question, input: stdin, output })) === true;
  };
}
