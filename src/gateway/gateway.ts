import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import {
  formatVisitorName,
  type VisitorName,
  visitorNameHelp,
  visitorOf,
} from '../allocator/core/visitor.js';
import type { VisitorTokens } from '../allocator/server/visitor-tokens.js';
import { TIERS, type Tier } from '../platform/tiers.js';
import { systemClock } from '../shared/clock.js';
import { listenOrExplain } from '../shared/listen.js';
import { isFromForeignPage, isLoopbackAddress, isLoopbackHost } from '../shared/loopback.js';
import { cutSlowRequests, NO_LIMITS } from '../shared/slow-requests.js';
import { AppConnections } from './app-connections.js';
import { forwardRequest } from './forward.js';
import { forwardedHeaders, type HeaderLines, type PublicSide } from './headers.js';
import {
  bearerToken,
  clientNamed,
  forgetLoginCookie,
  identifyVisitor,
  loginCookie,
  rememberCookies,
} from './identity.js';
import { answerWithNotice, NOT_STARTED, type Notice } from './notice-page.js';
import { foreignHost, foreignPage, refuse } from './refusal.js';
import { BODY_LIMITS, type BodyLimits, watchBody } from './slow-body.js';
import { tracedRequest } from './traced-request.js';
import { forwardUpgrade, headWithoutOffer, isOrdinary } from './upgrade.js';
import { hostNames, portOf, upstreamAt } from './upstream.js';
import { answerWithVisitorPage, VISITOR_PAGE } from './visitor-page.js';

export interface GatewayOptions {
  readonly host: string;
  readonly port: { readonly number: number; readonly explicit: boolean };
  /** Port of the app on 127.0.0.1; null until it answers. `setUpstreamPort` changes it. */
  readonly upstreamPort: number | null;
  /** Who a visitor is that says nothing (`--as`). */
  readonly defaultVisitor: VisitorName;
  /** Tiers that the platform has: a visitor of another one is not known here. All by default. */
  readonly tiers?: readonly Tier[];
  readonly tokens: VisitorTokens;
  /** Why tokens do not count: then every visitor is anonymous, and the log says so. */
  readonly tokenError?: string;
  /** What a visitor reads about the GPU, in the package's own words. */
  readonly onTold?: (message: string, visitor: string) => void;
  /** Logging in to the Space; null for one without. */
  readonly login?: GatewayLogin | null;
  /** Whose access token it is, by a login of any Space on this machine; null for no login's. */
  readonly visitorOfLogin?: (token: string) => Promise<VisitorName | null>;
  /** Calls are traced: their requests are named in the visitor's token. */
  readonly isTraced?: boolean;
  /** What a client owes that sends a body. */
  readonly bodyLimits?: BodyLimits;
}

/** The login of a Space, as far as it passes the gateway. */
export interface GatewayLogin {
  /** Where the login page stands, beside the app's own paths. */
  readonly path: string;
  /** Answers a request to the page. */
  answer(
    request: IncomingMessage,
    response: ServerResponse,
    visit: { readonly as: string | null; cookieFor(as: string): string },
  ): Promise<void>;
}

/** The proxy in front of the app: it plays the platform's. */
export interface Gateway {
  readonly url: string;
  readonly port: number;
  /** Where the app listens on 127.0.0.1; null while none answers. */
  readonly upstreamPort: number | null;
  /** From now on nothing is forwarded (null), or to that port for as long as the same user listens there. */
  setUpstreamPort(port: number | null): void;
  /** What visitors read while nothing is forwarded; null for the ordinary words. */
  setNotice(notice: Notice | null): void;
  /** Who a visitor is from now on that says nothing. */
  setDefaultVisitor(visitor: VisitorName): void;
  close(): Promise<void>;
}

/** What is decided about a request before it is forwarded. */
interface Admission {
  readonly url: string;
  readonly headers: HeaderLines;
  readonly visitor: VisitorName;
  readonly visitorKey: string;
  readonly setCookies: readonly string[];
  /** Who the browser or the client says it is, as `--as` has it; null when it does not say. */
  readonly as: string | null;
}

/** What is not forwarded, with the sentence that says why. */
interface Refused {
  readonly refused: 400 | 403;
  readonly why: string;
}

/**
 * Starts the gateway. It passes bytes on as they come, in both directions: uploads, event streams,
 * ranges, websockets; it adds the signed X-IP-Token that says who the visitor is, and takes a forged
 * one away.
 *
 * @throws UserError E_PORT_TAKEN
 */
export async function startGateway(options: GatewayOptions): Promise<Gateway> {
  const { tokens } = options;
  let defaultVisitor = options.defaultVisitor;
  let upstream = upstreamAt(options.upstreamPort);
  let notice = NOT_STARTED;
  const connections = new AppConnections();
  const sockets = new Set<Duplex>();
  /** Connections whose request offered another protocol and was ordinary all the same. */
  const ordinary = new WeakSet<Duplex>();
  const answered = new WeakSet<Duplex>();

  const server = createServer({
    maxHeaderSize: 16_384,
    ...NO_LIMITS,
    keepAliveTimeout: 65_000,
  });
  // An upload may take long; one that does not get on is cut by `watchBody`.
  const slow = cutSlowRequests(server, { headMs: 5_000, wholeMs: null });
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
  server.on('request', (request, response) => {
    const { socket } = request;
    // It offered another protocol: what follows its request would be read by rules it may not mean.
    if (answered.has(socket)) return;
    if (ordinary.has(socket)) {
      answered.add(socket);
      response.shouldKeepAlive = false;
    }
    watchBody(request, response, options.bodyLimits ?? BODY_LIMITS);
    admit(request)
      .then((admission) => {
        if ('refused' in admission) return refuse(response, admission.refused, admission.why);
        const { login } = options;
        if (login && pathOf(admission.url) === login.path) {
          return login.answer(request, response, { as: admission.as, cookieFor: loginCookie });
        }
        if (`${pathOf(admission.url)}/`.startsWith(VISITOR_PAGE)) {
          return answerWithVisitorPage(response, admission.visitor, options.tiers ?? TIERS);
        }
        const upstreamPort = portOf(upstream, connections);
        if (upstreamPort === null) {
          return answerWithNotice(request, response, notice, isLocal);
        }
        return forwardRequest(request, response, {
          ...admission,
          connections,
          upstreamPort,
          publicSide: () => publicSideOf(request),
          onTold: (text) => options.onTold?.(text, admission.visitorKey),
        });
      })
      .catch(() => refuse(response, 502, 'The Space does not answer.'));
  });
  server.on('upgrade', (request, socket, head) => {
    socket.on('error', () => socket.destroy());
    slow.forget(request.socket);
    if (isOrdinary(request)) {
      ordinary.add(socket);
      // Back to the parser, which reads a body as it comes and as far as it goes.
      socket.unshift(Buffer.concat([headWithoutOffer(request), head]));
      server.emit('connection', socket);
      return;
    }
    admit(request)
      .then((admission) => {
        if ('refused' in admission) {
          const status = admission.refused === 403 ? '403 Forbidden' : '400 Bad Request';
          socket.end(`HTTP/1.1 ${status}\r\ncontent-length: 0\r\n\r\n`);
          return;
        }
        const upstreamPort = portOf(upstream, null);
        if (upstreamPort === null) {
          socket.end('HTTP/1.1 503 Service Unavailable\r\ncontent-length: 0\r\n\r\n');
          return;
        }
        const { url, headers } = admission;
        const from = { request, socket, head };
        const publicSide = () => publicSideOf(request);
        forwardUpgrade({ ...from, publicSide, upstreamPort, url, headers });
      })
      .catch(() => socket.destroy());
  });

  /** The name by which `--host` has it, letter by letter: this machine's own may be one of loopback. */
  function isOwnName(host: string): boolean {
    return host.replace(/:\d+$/, '').toLowerCase() === options.host.toLowerCase();
  }

  /** An app of the platform is behind TLS, and names its address so. */
  function publicSideOf({ headers }: IncomingMessage): PublicSide {
    const own = upstream === null ? [] : hostNames(upstream.port);
    const aliases = [...own, ...hostNames(port), new URL(url).host, headers.host ?? ''].flatMap(
      (host) => [`http://${host}`, `https://${host}`],
    );
    const appOrigins = own.map((host) => `http://${host}`);
    return { origin: `http://${headers.host ?? ''}`, aliases, appOrigins };
  }

  async function admit(request: IncomingMessage): Promise<Admission | Refused> {
    const { host = '', origin } = request.headers;
    if (isLocal) {
      if (!isLoopbackHost(host) && !isOwnName(host))
        return { refused: 403, why: foreignHost(host) };
      const page = origin?.replace(/^https?:\/\//i, '') ?? '';
      if (isFromForeignPage(request.headers) && !isOwnName(page)) {
        return { refused: 403, why: foreignPage(origin) };
      }
    }
    if (!request.url?.startsWith('/')) return { refused: 400, why: 'Ask for a path: /…' };
    const clientAddress = request.socket.remoteAddress?.replace(/^::ffff:/, '') ?? '127.0.0.1';
    const facts = { url: request.url, headers: request.headers };
    const login = await loginOf(request);
    const who = identifyVisitor({ ...facts, login }, defaultVisitor, options.tiers);
    if (who.unknownName !== null) {
      const why = `${who.unknownName} is not a visitor. ${visitorNameHelp(options.tiers)}`;
      return { refused: 400, why };
    }
    const passedOn = await passedOnToken(request.headers['x-ip-token']);
    const { tokenError } = options;
    const name = tokenError ? { tier: 'anonymous' as const, name: null } : who.visitor;
    const visitor = {
      ...visitorOf(name, clientAddress),
      ...clientNamed(request.headers['x-zerogpu-client']),
      ...(options.isTraced ? tracedRequest(request, systemClock.now().wallMs) : {}),
    };
    const token = passedOn?.token ?? (await tokens.sign(visitor, tokenError));
    return {
      url: who.url,
      headers: forwardedHeaders(request.headers, { token, clientAddress, host }),
      visitor: name,
      visitorKey: passedOn?.key ?? visitor.key,
      setCookies: [
        ...(who.remember
          ? rememberCookies(formatVisitorName(who.visitor), request.headers.cookie)
          : []),
        // Gradio's and huggingface_hub's path; whoever was chosen at the login page leaves with it.
        ...(options.login && /\/logout$/.test(pathOf(who.url)) ? [forgetLoginCookie] : []),
      ],
      as: who.isNamed ? formatVisitorName(who.visitor) : null,
    };
  }

  /** Whose login a client's token comes from: of this Space or of another one on this machine. */
  async function loginOf({ headers }: IncomingMessage): Promise<VisitorName | null> {
    for (const header of [headers['x-hf-authorization'], headers.authorization]) {
      const token = bearerToken(header);
      const visitor = token === null ? null : await options.visitorOfLogin?.(token);
      if (visitor) return visitor;
    }
    return null;
  }

  /** A token that we signed ourselves keeps its visitor: a Space that passes its visitor on. */
  async function passedOnToken(header: string | string[] | undefined) {
    if (typeof header !== 'string') return null;
    const verdict = await tokens.verify(header);
    return verdict.status === 'valid' ? { token: header, key: verdict.visitor.key } : null;
  }

  const { port, url } = await listenOrExplain(server, {
    host: options.host,
    port: options.port.number,
    explicit: options.port.explicit,
  });
  // What it leads to counts, whatever name it was given by.
  const bound = server.address();
  const isLocal = isLoopbackAddress(
    typeof bound === 'object' && bound ? bound.address : options.host,
  );
  return {
    url,
    port,
    get upstreamPort() {
      return upstream?.port ?? null;
    },
    setUpstreamPort(next) {
      upstream = upstreamAt(next);
    },
    setNotice(next) {
      notice = next ?? NOT_STARTED;
    },
    setDefaultVisitor(visitor) {
      defaultVisitor = visitor;
    },
    async close() {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      for (const socket of sockets) socket.destroy();
      connections.close();
      await closed;
    },
  };
}

const pathOf = (url: string): string => url.replace(/[?#].*$/s, '');
