/**
 * The login page over HTTP. It stands behind the gateway, at the address that the visitor came by: so it
 * works wherever the Space does, and leads nowhere else.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { readForm } from './form.js';
import { loginPage, PAGE_HEADERS, refusalPage } from './page.js';
import type { LoginVisitor } from './profile.js';
import type { LoginProvider } from './provider.js';
import { type LoginRequest, readLoginRequest, returnTo } from './request.js';

/** Where the page stands on the gateway. */
export const LOGIN_PATH = '/.zerogpu/login';

export interface LoginDoorPorts {
  /** Reads `pro:ann`; null for what names no account. */
  accountOf(text: string): LoginVisitor | null;
  /** Visitors to choose from, as `--as` has them. */
  visitors(): Promise<readonly string[]>;
  /** What an account may be called. */
  readonly help: string;
  /** Whether visitors reach this Space by a `host:port`. */
  isOwnHost(host: string): boolean;
}

/** What the gateway knows of a request to the page. */
export interface LoginVisit {
  /** Who the browser is already (`?as=`), as `--as` has it; null when it did not say. */
  readonly as: string | null;
  /** Makes the browser's later requests this visitor's: a `Set-Cookie` value. */
  cookieFor(as: string): string;
}

/** @returns answers a request to the page */
export function createLoginDoor(provider: LoginProvider, ports: LoginDoorPorts) {
  return async (
    request: IncomingMessage,
    response: ServerResponse,
    visit: LoginVisit,
  ): Promise<void> => {
    const { host = '', origin } = request.headers;
    const query = new URL(request.url ?? '/', 'http://space').searchParams;
    query.delete('as');
    const reading = readLoginRequest(
      query,
      provider.app,
      (one) => one === host || ports.isOwnHost(one),
    );
    if (reading.kind === 'refused') return show(response, 400, refusalPage(reading.why));
    if (reading.kind === 'failed') {
      const { error, returnPath, state } = reading;
      return lead(response, returnTo(returnPath, { error, state }));
    }
    const asked = reading.request;
    if (request.method !== 'POST') {
      const known = visit.as === null ? null : ports.accountOf(visit.as);
      if (known !== null && !asked.asksAlways) return lead(response, answer(known, asked));
      return show(response, 200, await page(null));
    }
    if (origin !== undefined && origin !== `http://${host}`) {
      return show(response, 403, refusalPage('The page of another site has sent this.'));
    }
    const form = await readForm(request);
    if (form === null) return show(response, 413, refusalPage('The form is too large.'));
    if (form.has('cancel')) {
      const { returnPath, state } = asked;
      return lead(response, returnTo(returnPath, { error: 'access_denied', state }));
    }
    const text = form.get('visitor')?.trim() ?? '';
    const chosen = ports.accountOf(text);
    if (chosen === null) {
      return show(response, 400, await page(`"${text}" can't log in. ${ports.help}`));
    }
    lead(response, answer(chosen, asked), visit.cookieFor(chosen.as));
  };

  function answer(visitor: LoginVisitor, request: LoginRequest): string {
    const { returnPath, state } = request;
    return returnTo(returnPath, { code: provider.codeFor(visitor, request), state });
  }

  async function page(problem: string | null): Promise<string> {
    const { spaceId, scopes } = provider.app;
    return loginPage({ spaceId, scopes, visitors: await ports.visitors(), problem });
  }
}

function show(response: ServerResponse, status: number, html: string): void {
  response.writeHead(status, PAGE_HEADERS).end(html);
}

/** A path: the browser stays on the address that it came by. */
function lead(response: ServerResponse, location: string, cookie?: string): void {
  const headers = { location, 'cache-control': 'no-store', 'referrer-policy': 'no-referrer' };
  response.writeHead(303, { ...headers, ...(cookie ? { 'set-cookie': cookie } : {}) }).end();
}
