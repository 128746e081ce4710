/** Who asks a service on loopback: a program of this machine, or a web page from elsewhere. Pure. */

const HOST = /^(localhost|127\.0\.0\.1|\[::1\])(:\d{1,5})?$/i;

/**
 * Whether a Host header names this machine. A page whose own name was made to lead here (DNS
 * rebinding) sends that name.
 */
export function isLoopbackHost(host: string | undefined): boolean {
  return host !== undefined && HOST.test(host);
}

/**
 * Whether a request was sent by a page which this machine did not serve. The Origin `null` is one: any
 * page can send it from a frame of its own. Behind a proxy that speaks to loopback (a workspace in the
 * cloud) the page's own Origin is the proxy's; the browser says `same-origin` then, which no page can.
 */
export function isFromForeignPage(headers: {
  readonly origin?: string | undefined;
  readonly 'sec-fetch-site'?: string | string[] | undefined;
}): boolean {
  const { origin, 'sec-fetch-site': site } = headers;
  if (origin === undefined || site === 'same-origin') return false;
  const [, host] = /^https?:\/\/([^/]*)$/i.exec(origin) ?? [];
  return !isLoopbackHost(host);
}
