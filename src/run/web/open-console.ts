/** The console in the browser, as a run and `serve` start it. */
import { connect, controlSecret, type Where } from '../../allocator/client/index.js';
import { formatVisitorName, type VisitorName } from '../../allocator/core/visitor.js';
import { CALL_FAULT_KINDS, FAULT_KINDS } from '../../allocator/server/faults.js';
import { tiersOf } from '../../platform/index.js';
import type { PlatformProfile } from '../../platform/schema.js';
import { systemClock } from '../../shared/clock.js';
import { publishConsole } from '../../web/locator.js';
import { openInBrowser } from '../../web/open.js';
import { linkTo } from '../../web/server/keys.js';
import { readPageFiles } from '../../web/server/pages.js';
import { CONSOLE_PORT, startWebConsole, type WebConsole } from '../../web/server/server.js';

export interface ConsoleParts {
  readonly kind: 'run' | 'serve';
  readonly version: string;
  readonly stateDir: string;
  readonly where: Where;
  readonly profile: PlatformProfile;
  readonly defaultVisitor: VisitorName;
  /** Whether a page is open, whenever that changes. */
  readonly onWatched?: (isWatched: boolean) => void;
  /** The one Space of a run; null for those of `serve`. */
  readonly space: { readonly name: string; readonly url: string } | null;
}

/** A console that runs. */
export interface OpenConsole {
  readonly web: WebConsole;
  /** Opens it in the browser. @returns a link for where that fails */
  open(): Promise<{ readonly opened: boolean; readonly link: string }>;
  close(): Promise<void>;
}

/**
 * Starts the console, at its usual port or any other.
 *
 * @throws UserError E_PORT_TAKEN; an error of the file system where the page was not built
 */
export async function openWebConsole(parts: ConsoleParts): Promise<OpenConsole> {
  const { kind, version, stateDir, profile, space } = parts;
  const secret = controlSecret(stateDir);
  const client = connect(parts.where, secret);
  const start = (port: number) =>
    startWebConsole({
      ...{ client, secret, space, port, clock: systemClock, files: readPageFiles() },
      ...(parts.onWatched ? { onWatched: parts.onWatched } : {}),
      facts: {
        ...{ version, kind, tiers: tiersOf(profile) },
        defaultVisitor: formatVisitorName(parts.defaultVisitor),
        faultKinds: CALL_FAULT_KINDS.map((one) => ({ kind: one, text: FAULT_KINDS[one].text })),
      },
    });
  const web = await start(CONSOLE_PORT).catch(() => start(0));
  const locator = publishConsole(stateDir, { kind, url: web.url });
  return {
    web,
    async open() {
      const link = () => linkTo(web.url, secret, systemClock.now().wallMs);
      return { opened: await openInBrowser(stateDir, link()), link: link() };
    },
    async close() {
      locator.remove();
      await web.close();
      client.close();
    },
  };
}
