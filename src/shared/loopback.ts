/** Who asks a service on loopback: a program of this machine, or a web page from elsewhere. Pure. */

/** A name or an address, and a port; nothing that an address parser would cut off or decode. */
const HOST = /^(?:\[[\da-f:.]+\]|[a-z\d.-]+)(?::\d{1,5})?$/i;
/** All of 127/8 and `::1`, also as IPv6 writes an IPv4 address, in the one form that `URL` gives them. */
const LOOPBACK = /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\]|\[::ffff:7f[\da-f]{2}:[\da-f]{1,4}\])$/;

/**
 * Whether a Host header names this machine. A page whose own name was made to lead here (DNS
 * rebinding) sends that name.
 */
export function isLoopbackHost(host: string | undefined): boolean {
  const url = host !== undefined && HOST.test(host) ? `http://${host}` : '';
  return URL.canParse(url) && LOOPBACK.test(new URL(url).hostname);
}

/** Whether an address to listen on, as `--host` has it, is for this machine alone. */
export function isLoopbackAddress(address: string): boolean {
  return isLoopbackHost(urlHost(address));
}

/** An address as it stands in a URL: IPv6 in brackets. */
export function urlHost(address: string): string {
  return address.includes(':') ? `[${address}]` : address;
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
