/**
 * The device API of a joined run: one address for the app, for as long as the run lives. Each connection is forwarded
 * to the `zerogpu serve` that runs now, wherever it is, once that has proved on this very connection that it
 * knows the secret of the state folder. What then passes are bytes, both ways, no faster than they are read.
 */
import { randomBytes } from 'node:crypto';
import { connect, createServer, type Socket } from 'node:net';
import { announceRelay, type Where } from '../../allocator/client/index.js';
import { listenOrExplain } from '../../shared/listen.js';

export interface DeviceRelay {
  /** What the app gets as SPACES_ZERO_DEVICE_API_URL, with a path that no other program is given. */
  readonly url: string;
  close(): void;
}

export interface DeviceRelayParts {
  readonly where: Where;
  readonly secret: string;
  /** Id of the Space whose app connects. */
  readonly space: string;
  /** Called once when a program answers that does not prove itself, and again after one that did. */
  readonly warn: (message: string) => void;
}

export async function startDeviceRelay(parts: DeviceRelayParts): Promise<DeviceRelay> {
  const { where, secret, space, warn } = parts;
  const key = randomBytes(24).toString('base64url');
  const open = new Set<Socket>();
  let hasWarned = false;

  async function relay(app: Socket): Promise<void> {
    keep(app);
    const at = where();
    // The kernel has taken the connection: a reset is as near to a refusal as can be.
    if (at === null) return void app.resetAndDestroy();
    const { hostname, port } = new URL(at);
    const server = connect({
      ...{ host: hostname, port: Number(port) },
      ...{ allowHalfOpen: true, noDelay: true },
    });
    keep(server);
    endTogether(app, server);
    try {
      await announceRelay(server, secret, { space, key });
      hasWarned = false;
      app.pipe(server);
      server.pipe(app);
    } catch (error) {
      server.destroy();
      app.resetAndDestroy();
      if (!hasWarned && where() === at) {
        hasWarned = true;
        warn(`no call reaches zerogpu serve at ${at}: ${explain(error)}`);
      }
    }
  }

  function keep(socket: Socket): void {
    open.add(socket);
    socket.once('close', () => open.delete(socket));
    // Each end of a connection is seen at `close`.
    socket.on('error', () => {});
  }
  const listener = createServer({ allowHalfOpen: true, noDelay: true }, (app) => void relay(app));
  const { url } = await listenOrExplain(listener, { host: '127.0.0.1', port: 0, explicit: true });
  return {
    url: `${url}/${key}`,
    close() {
      listener.close();
      for (const socket of open) socket.destroy();
    },
  };
}

/**
 * How one end is left, the other end sees: a reset as a reset, a close as a close. An allocator knows by it
 * whether a grant was read, and an app whether its allocator has stopped or was lost.
 */
function endTogether(app: Socket, server: Socket): void {
  app.once('close', (hadError) => {
    if (hadError) server.resetAndDestroy();
    else server.destroySoon();
  });
  // An allocator that closes has said all; an app that closes its side has that passed on, and is answered.
  server.once('end', () => app.destroySoon());
  server.once('close', (hadError) => {
    if (hadError) app.resetAndDestroy();
    else app.destroySoon();
  });
}

function explain(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
