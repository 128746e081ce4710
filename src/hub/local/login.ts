/** The provider's addresses on the local Hub, where the Hub has them. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { readForm } from '../login/form.js';
import { avatarSvg } from '../login/profile.js';
import type { LoginProvider } from '../login/provider.js';
import { credentialsOf } from './route.js';

/** The login of the Space of this run. */
export interface LocalLogin {
  readonly provider: LoginProvider;
  /** The login page, behind the Space's gateway. */
  readonly page: string;
}

const AVATAR = /^\/avatars\/([\w.-]{1,40})\.svg$/;

/**
 * @param issuer the local Hub's own address
 * @returns false for what is not about logging in
 */
export async function answerLogin(
  request: IncomingMessage,
  response: ServerResponse,
  { provider, page }: LocalLogin,
  issuer: string,
): Promise<boolean> {
  const { pathname, search } = new URL(request.url ?? '/', 'http://hub');
  const isGet = request.method === 'GET' || request.method === 'HEAD';
  const isPost = request.method === 'POST';
  if (pathname === '/.well-known/openid-configuration' && isGet) {
    json(response, 200, provider.discovery(issuer, page));
  } else if (pathname === '/oauth/jwks' && isGet) {
    json(response, 200, await provider.jwks());
  } else if (pathname === '/oauth/authorize' && isGet) {
    response.writeHead(302, { location: `${page}${search}` }).end();
  } else if (pathname === '/oauth/token' && isPost) {
    const form = (await readForm(request)) ?? new URLSearchParams();
    const answer = await provider.redeem(form, request.headers.authorization, issuer);
    json(response, answer.status, answer.body);
  } else if (pathname === '/oauth/userinfo' && (isGet || isPost)) {
    const said = credentialsOf(request.headers.authorization);
    const token = said.kind === 'token' ? said.token : null;
    const answer = await provider.userinfo(token, issuer);
    json(response, answer.status, answer.body);
  } else {
    const [, username] = AVATAR.exec(pathname) ?? [];
    if (username === undefined || !isGet) return false;
    const headers = {
      'content-type': 'image/svg+xml',
      'content-security-policy': "default-src 'none'",
    };
    response.writeHead(200, headers).end(avatarSvg(username));
  }
  return true;
}

function json(response: ServerResponse, status: number, body: Record<string, unknown>): void {
  const headers = {
    'content-type': 'application/json; charset=utf-8',
    'cache-control': 'no-store',
  };
  response.writeHead(status, headers).end(JSON.stringify(body));
}
