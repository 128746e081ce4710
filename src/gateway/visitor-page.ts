/**
 * `/_zerogpu/` beside the Space: who this tab is, links to be somebody else, and where the console is. The page is
 * of the Space's own origin, so it has no authority: it holds no token, and does nothing that a link does not.
 */
import type { ServerResponse } from 'node:http';
import { formatVisitorName, type VisitorName } from '../allocator/core/visitor.js';
import { TIER_TITLES, type Tier } from '../platform/tiers.js';
import { inHtml } from '../shared/html.js';

export const VISITOR_PAGE = '/_zerogpu/';

const HEADERS = {
  'content-type': 'text/html; charset=utf-8',
  'cache-control': 'no-store',
  'content-security-policy':
    "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
} as const;

/** Answers with the page. */
export function answerWithVisitorPage(
  response: ServerResponse,
  visitor: VisitorName,
  tiers: readonly Tier[],
): void {
  const links = tiers.map((tier) => {
    const as = formatVisitorName({ tier, name: visitor.name });
    const isMe = tier === visitor.tier ? ' (you)' : '';
    return `<li><a href="/?as_tab=${encodeURIComponent(as)}">${inHtml(TIER_TITLES[tier])}</a>${isMe}</li>`;
  });
  response.writeHead(200, HEADERS);
  response.end(`<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>zerogpu</title>
<meta name="viewport" content="width=device-width, initial-scale=1"><meta name="color-scheme" content="light dark"></head>
<body><main><h1>zerogpu</h1><p>In this browser the Space sees <strong>${inHtml(formatVisitorName(visitor))}</strong>.
Be another visitor, in this tab only:</p><ul>${links.join('')}</ul>
<p>The console, with quota, calls, queue and log, has an address of its own. Press <kbd>w</kbd> in the terminal of
<code>zerogpu run</code>, or type <code>zerogpu console --open</code> in another one.</p></main></body></html>
`);
}
