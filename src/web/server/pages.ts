/** The documents of the console, and the headers that keep others out of them. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { packageRoot } from '../../shared/package-root.js';

/** A file of the page: its type and its bytes. */
export interface PageFile {
  readonly type: string;
  readonly body: string;
}

/** Nothing is loaded from elsewhere, no script stands in the page, no page frames it, and it keeps no opener. */
export const PAGE_HEADERS = {
  'cache-control': 'no-store',
  'content-security-policy': [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "connect-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
    "require-trusted-types-for 'script'",
  ].join('; '),
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'referrer-policy': 'same-origin',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
} as const;

const HEAD =
  '<meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><meta name="color-scheme" content="light dark">';

const INDEX = `<!doctype html>
<html lang="en"><head>${HEAD}<title>zerogpu console</title>
<link rel="stylesheet" href="console.css"></head>
<body><div id="console"><noscript><p>The console needs JavaScript. The same facts: <code>zerogpu quota</code></p></noscript></div>
<script type="module" src="console.js"></script></body></html>
`;

/** After a link: a page that continues by itself, so that the cookie is sent wherever the link stood. */
export const ENTERED = `<!doctype html>
<html lang="en"><head>${HEAD}<meta http-equiv="refresh" content="0;url=./"><title>zerogpu console</title></head>
<body><p><a href="./">Open the console</a></p></body></html>
`;

/** The command that makes a new link to the console of a run, or of `serve`. */
export const linkCommand = (kind: 'run' | 'serve'): string =>
  kind === 'serve' ? 'zerogpu console --serve --open' : 'zerogpu console --open';

/** What a browser without a session reads. */
export const outside = (kind: 'run' | 'serve'): string => `<!doctype html>
<html lang="en"><head>${HEAD}<title>zerogpu console</title></head>
<body><main><h1>zerogpu console</h1><p>The console opens by a link that is good once and for five minutes:</p>
<ul>${kind === 'run' ? '<li>press <kbd>w</kbd> in the terminal of <code>zerogpu run</code>, or</li>\n' : ''}<li>type <code>${linkCommand(kind)}</code> in another terminal.</li></ul></main></body></html>
`;

/** A sentence as a page. */
export const said = (sentence: string): string => `<!doctype html>
<html lang="en"><head>${HEAD}<title>zerogpu console</title></head><body><main role="alert"><p>${sentence}</p></main></body></html>
`;

/** The page and what it loads. */
export function pageFiles(script: string, styles: string): ReadonlyMap<string, PageFile> {
  return new Map([
    ['index.html', { type: 'text/html; charset=utf-8', body: INDEX }],
    ['console.js', { type: 'text/javascript; charset=utf-8', body: script }],
    ['console.css', { type: 'text/css; charset=utf-8', body: styles }],
  ]);
}

/** The same with script and styles from the build. */
export function readPageFiles(): ReadonlyMap<string, PageFile> {
  const built = (name: string) => readFileSync(join(packageRoot(), 'dist/console', name), 'utf8');
  return pageFiles(built('main.js'), built('main.css'));
}
