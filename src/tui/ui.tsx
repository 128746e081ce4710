import { render } from 'ink';
import { systemClock } from '../shared/clock.js';
import { createAccountFeed } from './account/feed.js';
import { type AccountSource, readAccount } from './account/read.js';
import { App } from './components/app.js';
import { createController } from './controller.js';
import { createFeed, type Found } from './feed.js';
import type { Style } from './style.js';
import { enterAlternateScreen } from './terminal.js';

export interface ViewOptions {
  readonly found: Found;
  readonly find: () => Found | null;
  /** Where the account is read; null without `--account`. */
  readonly account: AccountSource | null;
  readonly rateSeconds: number;
  readonly style: Style;
  readonly stdin: NodeJS.ReadStream;
  readonly stdout: NodeJS.WriteStream;
  /** Ends the view as `q` does. */
  readonly interrupted: AbortSignal;
}

/** Shows the live view until its user leaves. Whatever ends it, the terminal is as it was before. */
export async function showView(options: ViewOptions): Promise<void> {
  const { found, find, account, rateSeconds, style, stdin, stdout, interrupted } = options;
  const feed = createFeed({ first: found, find, rateSeconds, clock: systemClock });
  const accountFeed = account && createAccountFeed(() => readAccount(account), systemClock);
  // A screen reader reads lines as they come; on another screen they would be gone afterwards.
  const screen = style.screenReader ? null : enterAlternateScreen(stdout);
  try {
    const controller = createController(feed, rateSeconds, () => view.unmount(), accountFeed);
    const view = render(<App controller={controller} style={style} />, {
      stdin,
      stdout,
      exitOnCtrlC: false,
      patchConsole: false,
      isScreenReaderEnabled: style.screenReader,
    });
    const leave = () => view.unmount();
    interrupted.addEventListener('abort', leave);
    if (interrupted.aborted) leave();
    await view.waitUntilExit();
    interrupted.removeEventListener('abort', leave);
  } finally {
    feed.close();
    accountFeed?.close();
    screen?.leave();
  }
}
