import { execa } from 'execa';
import { connect, controlSecret } from '../allocator/client/index.js';
import { formatVisitorName, type VisitorName } from '../allocator/core/visitor.js';
import type { Gateway } from '../gateway/index.js';
import type { Tier } from '../platform/index.js';
import type { AllocatorLink } from './allocator/index.js';
import type { HotkeyActions } from './console/index.js';

const HOUR_SECONDS = 3_600;

export interface HotkeyParts {
  readonly gateway: Pick<Gateway, 'url' | 'setDefaultVisitor'>;
  readonly allocator: Pick<AllocatorLink, 'url' | 'where'>;
  readonly stateDir: string;
  readonly visitor: VisitorName;
  /** Tiers of the platform: `u` takes a visitor of each in turn. */
  readonly tiers: readonly Tier[];
  readonly ascii: boolean;
  readonly stdin: NodeJS.ReadStream;
  readonly stdout: NodeJS.WriteStream;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly interrupted: AbortSignal;
  readonly warn: (message: string) => void;
  /** Who a visitor is from now on that says nothing, as `--as` has it. */
  readonly onVisitor: (name: string) => void;
  /** Null for a run without a console. */
  readonly openConsole: (() => Promise<{ readonly opened: boolean; readonly link: string }>) | null;
  /** Restarts the app, and says how it went. */
  readonly restart: () => Promise<void>;
}

/** What each key of a run's console does to its gateway and its allocator. */
export function hotkeyActions(parts: HotkeyParts): HotkeyActions {
  let visitor = parts.visitor;
  const connectNow = () => connect(parts.allocator.where, controlSecret(parts.stateDir));
  return {
    warn: parts.warn,
    async open() {
      const opener = process.platform === 'darwin' ? 'open' : 'xdg-open';
      const { failed } = await execa(opener, [parts.gateway.url], {
        stdio: 'ignore',
        reject: false,
        timeout: 10_000,
      });
      if (failed) parts.warn(`${opener} could not open ${parts.gateway.url}`);
    },
    nextVisitor() {
      const next = (parts.tiers.indexOf(visitor.tier) + 1) % parts.tiers.length;
      visitor = { tier: parts.tiers[next] ?? visitor.tier, name: null };
      parts.gateway.setDefaultVisitor(visitor);
      parts.onVisitor(formatVisitorName(visitor));
      return formatVisitorName(visitor);
    },
    async showQuota() {
      const { showLive } = await import('../tui/index.js');
      const found = () => ({ url: parts.allocator.url, client: connectNow() });
      await showLive(found, { ascii: parts.ascii, color: 'auto', everySeconds: null }, parts);
    },
    async forward() {
      const client = connectNow();
      try {
        await client.advance(HOUR_SECONDS);
      } finally {
        client.close();
      }
    },
    async openConsole() {
      if (parts.openConsole === null) return 'this run has no console';
      const { opened, link } = await parts.openConsole();
      const how = opened ? 'the console opens in the browser; here is a link besides:' : 'console:';
      return `${how} ${link}`;
    },
    restart: parts.restart,
    // As from the keyboard: the first one stops, a second one kills.
    exit: () => void process.kill(process.pid, 'SIGINT'),
  };
}
