import { systemClock } from '../shared/clock.js';
import { createAccountFeed } from './account/feed.js';
import { type AccountSource, readAccount } from './account/read.js';
import { App } from './components/app.js';
import { createController } from './controller.js';
import { createFeed, type Found } from './feed.js';
import { type Drawing, showOnScreen } from './show-on-screen.js';

export interface ViewOptions extends Drawing {
  readonly found: Found;
  readonly find: () => Found | null;
  /** Where the account is read; null without `--account`. */
  readonly account: AccountSource | null;
  readonly rateSeconds: number;
}

/** Shows the live view until its user leaves. Whatever ends it, the terminal is as it was before. */
export async function showView(options: ViewOptions): Promise<void> {
  const { found, find, account, rateSeconds, style } = options;
  await showOnScreen(options, (quit) => {
    const feed = createFeed({ first: found, find, rateSeconds, clock: systemClock });
    const accountFeed = account && createAccountFeed(() => readAccount(account), systemClock);
    const controller = createController(feed, rateSeconds, quit, accountFeed);
    return {
      app: <App controller={controller} style={style} />,
      close() {
        feed.close();
        accountFeed?.close();
      },
    };
  });
}
