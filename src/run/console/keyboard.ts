import type { Readable } from 'node:stream';
import { isInForeground } from '../../shared/foreground.js';

/** How often a run looks whether it has got the terminal or lost it: a shell's `fg` need not send a signal. */
const LOOK_EVERY_MS = 500;
const SUSPEND = '\u001a';

export interface TerminalInput extends Readable {
  setRawMode?(raw: boolean): unknown;
  ref?(): unknown;
}

/** What the keyboard needs of the process; tests hand in their own. */
export interface JobControl {
  isInForeground(): boolean;
  /** Stops this job, as Ctrl-Z does: returns when it continues. */
  stop(): void;
  /** Calls back when the job continues; returns the end of that. */
  onContinued(callback: () => void): () => void;
}

export const processJobControl: JobControl = {
  isInForeground,
  // The whole group, as the terminal does it: a run may be one part of a pipeline.
  stop: () => void process.kill(0, 'SIGTSTP'),
  onContinued(callback) {
    process.on('SIGCONT', callback);
    return () => void process.off('SIGCONT', callback);
  },
};

/** Keys, one by one, for as long as the run is in the foreground of its terminal. */
export interface Keyboard {
  /** Listens from now on, as often as the terminal is ours. */
  start(): void;
  /** Lets go of the terminal. */
  stop(): void;
}

/**
 * @param onKeys what was typed, as it came
 * @param onListening whether keys are read now
 */
export function createKeyboard(
  stdin: TerminalInput,
  onKeys: (text: string) => void,
  onListening: (listening: boolean) => void,
  job: JobControl,
): Keyboard {
  let listening = false;
  let watch: { readonly end: () => void } | null = null;

  function look(): void {
    if (!watch) return;
    const ours = job.isInForeground();
    if (ours && !listening) listen();
    else if (!ours && listening) letGo(false);
  }
  function listen(): void {
    listening = true;
    // Off first: whoever had the terminal meanwhile has set it, and what is on stays as it is for Node.
    stdin.setRawMode?.(false);
    stdin.setRawMode?.(true);
    stdin.on('data', onData);
    stdin.ref?.();
    stdin.resume();
    onListening(true);
  }
  /** @param ours whether the terminal may be set: a job in the background would be stopped for it */
  function letGo(ours: boolean): void {
    listening = false;
    stdin.off('data', onData);
    stdin.pause();
    if (ours) stdin.setRawMode?.(false);
    onListening(false);
  }
  function onData(data: Buffer | string): void {
    const text = data.toString();
    if (text.includes(SUSPEND)) suspend();
    else onKeys(text);
  }
  function suspend(): void {
    letGo(true);
    job.stop();
  }
  return {
    start() {
      if (watch) return;
      const timer = setInterval(look, LOOK_EVERY_MS);
      timer.unref();
      const off = job.onContinued(() => {
        // Stopped by somebody else: the shell has set its terminal since.
        if (listening) letGo(false);
        look();
      });
      watch = {
        end() {
          clearInterval(timer);
          off();
        },
      };
      look();
    },
    stop() {
      watch?.end();
      watch = null;
      if (listening) letGo(job.isInForeground());
    },
  };
}
