/** The login page: which local visitor are you? No script, nothing from elsewhere. */

import { inHtml } from '../../shared/html.js';

/** What the page shows. */
export interface LoginPage {
  readonly spaceId: string;
  readonly scopes: readonly string[];
  /** Visitors to choose from, as `--as` has them. */
  readonly visitors: readonly string[];
  /** Why the choice before was none. */
  readonly problem: string | null;
}

const STYLE = `body{font:16px/1.5 system-ui,sans-serif;max-width:26rem;margin:3rem auto;padding:0 1rem;color:#1f2937}
button{font:inherit;display:block;width:100%;margin:.4rem 0;padding:.5rem;border:1px solid #9ca3af;border-radius:.4rem;background:#f9fafb;cursor:pointer}
button:hover{background:#e5e7eb}input{font:inherit;width:100%;box-sizing:border-box;padding:.4rem}.problem{color:#b91c1c}small{color:#6b7280}`;

/** The page, to be sent back to its own address. */
export function loginPage({ spaceId, scopes, visitors, problem }: LoginPage): string {
  const buttons = visitors.map(
    (name) => `<button name="visitor" value="${inHtml(name)}">${inHtml(name)}</button>`,
  );
  return document(
    `Sign in to ${spaceId}`,
    `<h1>Sign in to ${inHtml(spaceId)}</h1>
<p>This is the login of zerogpu, in the place of the Hub's. Choose a local visitor; there is no password.</p>
${problem === null ? '' : `<p class="problem" role="alert">${inHtml(problem)}</p>`}
<form method="post">
${buttons.join('\n')}
</form>
<form method="post">
<label>Another visitor <input name="visitor" placeholder="pro:ann" required autocomplete="off"></label>
<button>Sign in</button>
</form>
<form method="post"><button name="cancel" value="1">Cancel</button></form>
<small>The Space asks for: ${inHtml(scopes.join(', '))}.</small>`,
  );
}

/** A login that can't be, in a sentence. */
export function refusalPage(why: string): string {
  return document(
    'No login',
    `<h1>No login</h1><p class="problem" role="alert">${inHtml(why)}</p>`,
  );
}

function document(title: string, body: string): string {
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>${inHtml(title)}</title>
<meta name="viewport" content="width=device-width, initial-scale=1"><style>${STYLE}</style></head>
<body>${body}</body></html>
`;
}

/** Nothing may frame the page, and it loads nothing. */
export const PAGE_HEADERS = {
  'content-type': 'text/html; charset=utf-8',
  'cache-control': 'no-store',
  'content-security-policy':
    "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; base-uri 'none'",
  // Not `no-referrer`: a form of such a page is sent without saying where it comes from.
  'referrer-policy': 'same-origin',
  'x-frame-options': 'DENY',
} as const;
