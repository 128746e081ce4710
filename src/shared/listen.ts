import { once } from 'node:events';
import { createServer, type Server } from 'node:net';
import { EXIT, UserError } from './errors.js';
import { urlHost } from './loopback.js';
import { holderOfPort } from './tcp-table.js';

export interface ListenRequest {
  readonly host: string;
  /** 0 for any free port. */
  readonly port: number;
  /** True when the user named this port: then no other one is chosen. */
  readonly explicit: boolean;
}

/** How many ports after the default one are tried before giving up. */
const NEXT_PORTS = 20;

/**
 * Listens, or explains why not.
 *
 * @returns the port that was taken, and the address for clients on this machine
 * @throws UserError E_PORT_TAKEN naming who holds the port; E_USAGE for an address that isn't ours
 */
export async function listenOrExplain(
  server: Server,
  request: ListenRequest,
): Promise<{ readonly port: number; readonly url: string }> {
  const last = request.explicit || request.port === 0 ? request.port : request.port + NEXT_PORTS;
  for (let port = request.port; ; port++) {
    const error = await tryListen(server, request.host, port);
    if (!error) break;
    if (error.code === 'EADDRINUSE' && port < last) continue;
    throw explain(error, request, port);
  }
  const address = server.address();
  const port = typeof address === 'object' && address ? address.port : request.port;
  return { port, url: `http://${reachableHost(request.host)}:${port}` };
}

/** A port that was free a moment ago, for a process that needs one before it listens. */
export async function findFreePort(): Promise<number> {
  const server = createServer();
  const { port } = await listenOrExplain(server, { host: '127.0.0.1', port: 0, explicit: true });
  server.close();
  await once(server, 'close');
  return port;
}

async function tryListen(
  server: Server,
  host: string,
  port: number,
): Promise<NodeJS.ErrnoException | null> {
  const failed = new AbortController();
  try {
    const listening = once(server, 'listening', { signal: failed.signal });
    server.listen(port, host);
    await listening;
    return null;
  } catch (error) {
    return error as NodeJS.ErrnoException;
  } finally {
    failed.abort();
  }
}

function explain(error: NodeJS.ErrnoException, request: ListenRequest, port: number): UserError {
  if (error.code === 'EADDRINUSE') {
    const holder = holderOfPort(port);
    const by = holder ? `${holder.name} (pid ${holder.pid})` : 'another process';
    return new UserError('E_PORT_TAKEN', `port ${port} is taken by ${by}`, {
      why: request.explicit
        ? `You asked for port ${port}, so zerogpu did not choose another one.`
        : `So are the ${NEXT_PORTS} before it.`,
      fix: `--port ${port + 1}   or: leave --port out`,
      exitCode: EXIT.cannot,
      cause: error,
    });
  }
  if (error.code === 'EACCES') {
    return new UserError('E_PORT_TAKEN', `port ${port} is not yours to listen on`, {
      why: 'Ports below 1024 are for root.',
      fix: '--port 7860',
      exitCode: EXIT.cannot,
      cause: error,
    });
  }
  return new UserError('E_USAGE', `can't listen on ${request.host}: ${error.message}`, {
    why: 'The address must be one of this machine.',
    fix: '--host 127.0.0.1',
    cause: error,
  });
}

/** Where clients on this machine reach it: a wildcard is every address, loopback among them. */
function reachableHost(host: string): string {
  const inUrl = urlHost(host);
  const { hostname } = URL.canParse(`http://${inUrl}`)
    ? new URL(`http://${inUrl}`)
    : { hostname: inUrl };
  return hostname === '0.0.0.0' || hostname === '[::]' ? '127.0.0.1' : hostname;
}
