/** A real `zerogpu serve` in a process of its own, to be killed and started again. */
import { type ChildProcess, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { connect, deriveKey, type HostClient } from '../../../src/allocator/client/index.js';
import type { Visitor } from '../../../src/allocator/core/types.js';
import { createVisitorTokens } from '../../../src/allocator/server/visitor-tokens.js';
import { systemClock } from '../../../src/shared/clock.js';

const ROOT = resolve(import.meta.dirname, '../../..');

export interface Daemon {
  readonly url: string;
  readonly client: HostClient;
  readonly child: ChildProcess;
  readonly stderr: () => string;
  readonly ended: Promise<{ code: number | null; signal: NodeJS.Signals | null }>;
  sign(visitor: Visitor): Promise<string>;
}

/** @throws with what it said when it ends before it is ready */
export async function startDaemon(
  stateDir: string,
  args: readonly string[] = [],
  command: readonly string[] = [],
): Promise<Daemon> {
  const [file = process.execPath, ...before] = [...command, process.execPath];
  const child = spawn(
    file,
    [...before, join(ROOT, 'bin/zerogpu.js'), 'serve', '--state-dir', stateDir, ...args],
    { stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, NO_COLOR: '1' } },
  );
  let stderr = '';
  child.stderr.on('data', (part) => {
    stderr += part;
  });
  const ended = new Promise<{ code: number | null; signal: NodeJS.Signals | null }>((done) => {
    child.once('close', (code, signal) => done({ code, signal }));
  });
  const url = await new Promise<string>((found, failed) => {
    let stdout = '';
    child.stdout.on('data', (part) => {
      stdout += part;
      const ready = /^ready (\S+)$/m.exec(stdout)?.[1];
      if (ready) found(ready);
    });
    void ended.then(({ code }) => failed(new Error(`serve ended with ${code}:\n${stderr}`)));
  });
  const secret = readFileSync(join(stateDir, 'control-secret'), 'utf8').trim();
  const tokens = createVisitorTokens(deriveKey(secret, 'visitor-tokens'), systemClock);
  return {
    url,
    child,
    ended,
    client: connect(url, secret),
    stderr: () => stderr,
    sign: (visitor) => tokens.sign(visitor),
  };
}

/** One call of the wire protocol, as the `spaces` package makes it; null without an answer. */
export async function wire(
  url: string,
  path: 'schedule' | 'allow' | 'release',
  query: Readonly<Record<string, string | number>>,
): Promise<{ readonly status: number; readonly body: Record<string, unknown> | null } | null> {
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) search.set(name, String(value));
  try {
    const response = await fetch(`${url}/${path}?${search}`, { method: 'POST' });
    const text = await response.text();
    const isJson = response.headers.get('content-type')?.includes('json') ?? false;
    return { status: response.status, body: isJson && text ? JSON.parse(text) : null };
  } catch {
    return null;
  }
}
