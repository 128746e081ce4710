/** A Python that is kept to be asked about syntax again and again: a server asks at each keystroke. */
import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { ASK_ARGUMENTS, findPythons, questionOf, readAnswer } from './ask-python.js';
import type { AskPython } from './exact-syntax.js';

/** Milliseconds; parsing a file takes thousandths of that. */
const LONGEST_WAIT_MS = 10_000;

export interface KeptPython {
  readonly ask: AskPython;
  /** Ends the processes. */
  close(): void;
}

/** The Pythons of this machine, each started when it is first asked. */
export function keepPython(env: Readonly<Record<string, string | undefined>>): KeptPython {
  const running = new Map<string, AskedProcess>();
  const processOf = (command: string): AskedProcess => {
    const known = running.get(command);
    // One that has never answered is a shim for a Python that is not there: it stays ended.
    if (known && (known.isAlive() || !known.hasAnswered())) return known;
    const started = askedProcess(command);
    running.set(command, started);
    return started;
  };
  return {
    async ask(files, minor) {
      const question = questionOf(files);
      for (const command of findPythons(minor, env)) {
        const line = await processOf(command).ask(question);
        const answer = line === null ? null : readAnswer(line);
        if (answer) return answer;
      }
      return null;
    },
    close() {
      for (const one of running.values()) one.close();
      running.clear();
    },
  };
}

interface AskedProcess {
  /** The line that answers; null when none comes. */
  ask(question: string): Promise<string | null>;
  isAlive(): boolean;
  hasAnswered(): boolean;
  close(): void;
}

function askedProcess(command: string): AskedProcess {
  const child: ChildProcessWithoutNullStreams = spawn(command, ASK_ARGUMENTS, { stdio: 'pipe' });
  const waiting: ((line: string | null) => void)[] = [];
  let isAlive = true;
  let hasAnswered = false;
  const end = () => {
    isAlive = false;
    for (const done of waiting.splice(0)) done(null);
  };
  child.on('error', end);
  child.on('close', end);
  child.stdin.on('error', end);
  child.stderr.resume();
  createInterface({ input: child.stdout }).on('line', (line) => {
    hasAnswered = true;
    waiting.shift()?.(line);
  });
  return {
    isAlive: () => isAlive,
    hasAnswered: () => hasAnswered,
    ask(question) {
      if (!isAlive) return Promise.resolve(null);
      return new Promise((done) => {
        // One that does not answer in time has lost its place in the line of answers: it is ended.
        const timer = setTimeout(() => child.kill('SIGKILL'), LONGEST_WAIT_MS);
        waiting.push((line) => {
          clearTimeout(timer);
          done(line);
        });
        child.stdin.write(question);
      });
    },
    close() {
      child.kill('SIGKILL');
    },
  };
}
