/** `zerogpu quota --account`: the account, with what the emulator says where one runs. */
import type { Writable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Snapshot } from '../../allocator/client/snapshot.js';
import { systemClock } from '../../shared/clock.js';
import { EXIT } from '../../shared/errors.js';
import { type Found, LISTED } from '../feed.js';
import type { QuotaOptions } from '../options.js';
import { plainTable } from '../plain.js';
import { createAccountFeed } from './feed.js';
import { plainAccount } from './plain.js';
import { type AccountSource, readAccount } from './read.js';
import { type AccountView, accountView } from './view.js';

export interface QuotaWithAccount {
  readonly account: AccountSource;
  /** The allocator that runs; the account is shown without one, too. */
  readonly found: Found | null;
  readonly options: QuotaOptions;
  readonly stdout: Writable;
  readonly interrupted: AbortSignal;
}

/**
 * @returns the exit code
 * @throws HubError when the account's quota can't be read at first
 */
export async function quotaWithAccount(asked: QuotaWithAccount): Promise<number> {
  const { account, found, options, stdout } = asked;
  try {
    const facts = await readAccount(account).catch(async (error: unknown) => {
      await writeLocal(asked);
      throw error;
    });
    const snapshot = async () => (found ? await found.client.snapshot(LISTED) : null);
    if (options.mode === 'stream') {
      const feed = createAccountFeed(() => readAccount(account), systemClock, facts);
      const line = async () => jsonLine(await snapshot(), feed.view());
      const write = async () => void stdout.write(await line());
      await everySo(options.everySeconds ?? 1, write, asked).finally(feed.close);
      return EXIT.ok;
    }
    const view = accountView(facts, account.wallMs(), null);
    const now = await snapshot();
    if (options.mode === 'json') stdout.write(jsonLine(now, view));
    else stdout.write(`${now ? `${plainTable(now)}\n` : ''}${plainAccount(view)}`);
    return EXIT.ok;
  } finally {
    found?.client.close();
  }
}

/** When the Hub does not answer, the emulator's own figures are still printed; the error follows them. */
async function writeLocal({ found, options, stdout }: QuotaWithAccount): Promise<void> {
  if (!found || options.mode === 'stream') return;
  const snapshot = await found.client.snapshot(LISTED);
  stdout.write(options.mode === 'json' ? jsonLine(snapshot, null) : plainTable(snapshot));
}

/** The emulator's object with one field more; without an emulator, that field alone. */
const jsonLine = (snapshot: Snapshot | null, account: AccountView | null): string =>
  `${JSON.stringify({ ...(snapshot ?? { version: 1 }), account })}\n`;

/** Until interrupted, or until the reader is gone. */
async function everySo(
  seconds: number,
  act: () => Promise<void>,
  { stdout, interrupted }: QuotaWithAccount,
): Promise<void> {
  const ended = new AbortController();
  const end = () => ended.abort();
  interrupted.addEventListener('abort', end, { once: true });
  stdout.once('close', end);
  stdout.once('error', end);
  if (interrupted.aborted) end();
  while (!ended.signal.aborted) {
    await act();
    // Rejects when it is ended, which is all there is to say.
    await sleep(seconds * 1_000, null, { signal: ended.signal }).catch(() => {});
  }
  interrupted.removeEventListener('abort', end);
}
