/** What the gateway answers while no app does: a page for browsers that reloads once the app is up, else a line. */
import { createHash } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { inHtml } from '../shared/html.js';
import { printable } from '../shared/printable.js';

/** Why no app answers now. */
export interface Notice {
  /** One sentence: `The Space restarts.` */
  readonly title: string;
  /** What the app printed last, or what is wrong; shown on this machine alone. */
  readonly detail: readonly string[];
}

export const NOT_STARTED: Notice = { title: 'The Space has not started.', detail: [] };

/** Names the notice that a page shows: the page asks until the answer has another one, or none. */
const HEADER = 'x-zerogpu-notice';

const SCRIPT = `const id=document.body.dataset.notice;
async function look(){let wait=400;try{const answer=await fetch(location.href,{cache:'no-store',headers:{accept:'text/html'}});
if(answer.headers.get('${HEADER}')!==id){location.reload();return}}catch{wait=2000}setTimeout(look,wait)}
setTimeout(look,400)`;

const STYLE = `body{font:16px/1.5 system-ui,sans-serif;max-width:56rem;margin:3rem auto;padding:0 1rem;color:#1f2937;background:#fff}
pre{overflow:auto;padding:1rem;border-radius:.4rem;background:#f3f4f6;font-size:.85rem;white-space:pre-wrap;overflow-wrap:anywhere}
@media (prefers-color-scheme:dark){body{color:#e5e7eb;background:#111827}pre{background:#1f2937}}`;

const digest = (text: string) => createHash('sha256').update(text);

const CSP = [
  "default-src 'none'",
  "style-src 'unsafe-inline'",
  `script-src 'sha256-${digest(SCRIPT).digest('base64')}'`,
  "connect-src 'self'",
  "base-uri 'none'",
].join('; ');

/**
 * Answers with 503.
 *
 * @param isPrivate whether only this machine can ask: what an app prints is for its author
 */
export function answerWithNotice(
  request: IncomingMessage,
  response: ServerResponse,
  notice: Notice,
  isPrivate: boolean,
): void {
  const shown = isPrivate ? notice : { ...notice, detail: [] };
  const id = digest(JSON.stringify(shown)).digest('hex').slice(0, 16);
  const headers = { 'cache-control': 'no-store', connection: 'close', [HEADER]: id };
  if (!wantsPage(request)) {
    response.writeHead(503, { ...headers, 'content-type': 'text/plain; charset=utf-8' });
    response.end(`${printable(notice.title)}\n`);
    return;
  }
  response.writeHead(503, {
    ...headers,
    'content-type': 'text/html; charset=utf-8',
    'content-security-policy': CSP,
  });
  response.end(pageOf(shown, id));
}

function wantsPage({ method, headers }: IncomingMessage): boolean {
  return method === 'GET' && (headers.accept ?? '').includes('text/html');
}

function pageOf({ title, detail }: Notice, id: string): string {
  const text = inHtml(detail.map(printable).join('\n'));
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>${inHtml(title)}</title>
<meta name="viewport" content="width=device-width, initial-scale=1"><style>${STYLE}</style></head>
<body data-notice="${id}"><main role="alert"><h1>${inHtml(printable(title))}</h1>
${text === '' ? '' : `<pre>${text}</pre>\n`}<p>This page reloads when the app answers.</p></main>
<noscript><p>Without JavaScript you reload it yourself.</p></noscript>
<script>${SCRIPT}</script></body></html>
`;
}
