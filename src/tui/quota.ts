import type { Snapshot } from '../allocator/client/snapshot.js';
import { isAgent } from '../shared/agent.js';
import { EXIT, UserError } from '../shared/errors.js';
import { choosePaint, noPaint, wantsPlain } from '../shared/paint.js';
import { forDrawing } from '../shared/printable.js';
import type { World } from '../shared/world.js';
import type { AccountSource } from './account/read.js';
import { agentQuota } from './agent.js';
import { type Found, LISTED } from './feed.js';
import { parseQuotaOptions, type QuotaOptions, type RawQuotaOptions } from './options.js';
import { plainTable } from './plain.js';
import type { Drawing } from './show-on-screen.js';
import { chooseStyle } from './style.js';

/** What the view needs of the process it runs in. */
export type QuotaWorld = Pick<World, 'env' | 'stdin' | 'inForeground' | 'stdout' | 'interrupted'>;

/** A screen reader is not to be interrupted every second. */
const RATE_SECONDS = { seen: 1, heard: 10 };

/**
 * `zerogpu quota`: who runs, who waits and why, and what quota is left; live on a terminal, as a
 * table or as JSON elsewhere.
 *
 * @param find the allocator that runs now; null for none
 * @param account where the account is read; null without `--account`; then nothing is sent
 * @returns the exit code
 * @throws UserError E_ALLOCATOR_GONE when no allocator runs and no account is asked for, E_HUB_…
 */
export async function quota(
  raw: RawQuotaOptions,
  world: QuotaWorld,
  find: () => Found | null,
  account: AccountSource | null = null,
): Promise<number> {
  const { stdout, interrupted } = world;
  const options = optionsIn(raw, world);
  const found = find();
  if (account && !(found && options.mode === 'live')) {
    const { quotaWithAccount } = await import('./account/index.js');
    return await quotaWithAccount({ account, found, options, stdout, interrupted });
  }
  if (!found) throw noEmulator();
  try {
    switch (options.mode) {
      case 'table':
        stdout.write(plainTable(await found.client.snapshot(LISTED)));
        return EXIT.ok;
      case 'agent':
        stdout.write(agentQuota(await found.client.snapshot(LISTED)));
        return EXIT.ok;
      case 'json':
        stdout.write(jsonLine(await found.client.snapshot(LISTED)));
        return EXIT.ok;
      case 'stream':
        await stream(found, options, world);
        return EXIT.ok;
      case 'live':
        found.client.close();
        await showLive(find, options, world, account);
        return EXIT.ok;
    }
  } finally {
    found.client.close();
  }
}

/** @throws UserError E_USAGE */
export function optionsIn(raw: RawQuotaOptions, world: QuotaWorld): QuotaOptions {
  const { env, stdin, stdout } = world;
  const isOurs = world.inForeground?.() ?? true;
  const isTerminal = Boolean(stdin.isTTY && stdout.isTTY) && isOurs && !wantsPlain(env);
  return parseQuotaOptions(raw, isTerminal, isAgent(env));
}

function noEmulator(): UserError {
  return new UserError(
    'E_ALLOCATOR_GONE',
    'neither zerogpu run nor zerogpu serve is running here',
    {
      fix: 'zerogpu run',
      exitCode: EXIT.cannot,
    },
  );
}

/** Numbers with their unit in the name; docs/schema/quota-snapshot.json. */
const jsonLine = (snapshot: Snapshot): string => `${JSON.stringify(snapshot)}\n`;

/** One object a line until interrupted, until the reader or the allocator is gone. */
async function stream(found: Found, options: QuotaOptions, world: QuotaWorld): Promise<void> {
  const { stdout, interrupted } = world;
  await new Promise<void>((done, failed) => {
    const watch = found.client.watch(options.everySeconds ?? RATE_SECONDS.seen, LISTED, {
      connected: () => {},
      snapshot: (snapshot) => void stdout.write(jsonLine(snapshot)),
      disconnected: (why) => {
        watch.close();
        failed(
          new UserError('E_ALLOCATOR_GONE', 'the emulator went away', {
            why,
            fix: 'zerogpu run',
            exitCode: EXIT.cannot,
          }),
        );
      },
    });
    const end = () => {
      watch.close();
      done();
    };
    interrupted.addEventListener('abort', end, { once: true });
    stdout.once('close', end);
    stdout.once('error', end);
    if (interrupted.aborted) end();
  });
}

/**
 * The live view, until its user leaves it.
 *
 * @throws UserError E_ALLOCATOR_GONE when no allocator runs
 */
export async function showLive(
  find: () => Found | null,
  options: Pick<QuotaOptions, 'ascii' | 'color' | 'everySeconds'>,
  world: QuotaWorld,
  account: AccountSource | null = null,
): Promise<void> {
  const found = find();
  if (!found) throw noEmulator();
  const drawing = drawingOn(world, options);
  const { showView } = await import('./ui.js');
  await showView({ found, find, account, ...drawing });
}

/** How the live view is drawn; for before it is loaded. */
export function drawingOn(
  { env, stdin, stdout, interrupted }: QuotaWorld,
  options: Pick<QuotaOptions, 'ascii' | 'color' | 'everySeconds'>,
): Drawing & { readonly rateSeconds: number } {
  // React's development build measures every frame, and keeps the measurements.
  process.env['NODE_ENV'] ??= 'production';
  const style = chooseStyle({
    ascii: options.ascii,
    colour: choosePaint(options.color, env, true) !== noPaint,
    env,
  });
  return {
    style,
    rateSeconds:
      options.everySeconds ?? (style.screenReader ? RATE_SECONDS.heard : RATE_SECONDS.seen),
    stdin: stdin as NodeJS.ReadStream,
    stdout: forDrawing(stdout) as NodeJS.WriteStream,
    interrupted,
  };
}
