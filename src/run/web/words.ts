/** What a run prints and what its visitors read, for the console in the browser as well. */
import { redact } from '../../lifecycle/redact.js';
import { printable } from '../../shared/printable.js';
import type { WebConsole } from '../../web/server/server.js';
import type { RunConsole } from '../console/index.js';
import { createNoiseFilter } from '../console/index.js';

/** Lines from before the console is there. */
const MOST_EARLY = 500;

/** A run's words, in the browser as well from the time when there is a console. */
export interface TeedWords {
  readonly console: RunConsole;
  /** From now on, and what came before. */
  attach(web: Pick<WebConsole, 'line' | 'told'>): void;
}

/** @param secrets what is left out of the page's log, besides tokens */
export function teeWords(talk: RunConsole, secrets: readonly string[]): TeedWords {
  let web: Pick<WebConsole, 'line' | 'told'> | null = null;
  let early: string[] = [];
  const line = (text: string) => {
    const shown = redact(printable(text), secrets);
    if (web) return web.line(shown);
    early.push(shown);
    if (early.length > MOST_EARLY) early = early.slice(-MOST_EARLY / 2);
  };
  const app = createNoiseFilter((text) => line(`app  ${text}`));
  return {
    console: {
      ...talk,
      progress(message) {
        talk.progress(message);
        line(message);
      },
      app(text, stream) {
        talk.app(text, stream);
        app(text);
      },
      warn(message) {
        talk.warn(message);
        line(`warn ${message}`);
      },
      told(message, visitor) {
        talk.told(message, visitor);
        web?.told(printable(message), visitor);
      },
    },
    attach(next) {
      web = next;
      for (const text of early.splice(0)) next.line(text);
    },
  };
}
