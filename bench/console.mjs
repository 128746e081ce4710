/**
 * The console in the browser: the size of its script, and one frame of 1,000 calls and 5,000 visitors in Chromium:
 * from the snapshot's text to a page that is laid out. Needs the build and a Chromium.
 * Usage: node bench/console.mjs [frames] [--json]
 */
import { spawn } from 'node:child_process';
import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';
import { chromium } from 'playwright-core';
import { median, ROOT } from './support.mjs';

const frames = Number(process.argv.find((arg) => /^\d+$/.test(arg)) ?? 20);
const NAMES = ['chromium', 'chromium-browser', 'google-chrome'];
const executablePath = (process.env.PATH ?? '')
  .split(':')
  .flatMap((dir) => NAMES.map((name) => join(dir, name)))
  .find((path) => {
    try {
      return readFileSync(path).length > 0;
    } catch {
      return false;
    }
  });

/** Times what the page does with each message and in each frame, layout included. */
const WATCH = `
  window.spent = [];
  let parts = 0, isSnapshot = false;
  const draw = window.requestAnimationFrame.bind(window);
  window.requestAnimationFrame = (callback) => draw((time) => {
    const start = performance.now();
    callback(time);
    document.body.offsetHeight;
    parts += performance.now() - start;
    if (isSnapshot) window.spent.push(parts);
    parts = 0; isSnapshot = false;
  });
  const setter = Object.getOwnPropertyDescriptor(EventSource.prototype, 'onmessage');
  Object.defineProperty(EventSource.prototype, 'onmessage', {
    set(handler) {
      setter.set.call(this, (event) => {
        const start = performance.now();
        handler(event);
        parts += performance.now() - start;
        if (event.data.startsWith('{"type":"snapshot"')) isSnapshot = true;
      });
    },
  });
`;

const program = join(ROOT, `node_modules/.cache/zerogpu-test/console-${process.pid}.mjs`);
await build({
  entryPoints: [join(ROOT, 'bench/console/play.ts')],
  bundle: true,
  format: 'esm',
  platform: 'node',
  packages: 'external',
  outfile: program,
});
const server = spawn(process.execPath, [program], { stdio: ['ignore', 'pipe', 'inherit'] });
let spent = [];
try {
  const [link] = await new Promise((resolve) => {
    createInterface({ input: server.stdout }).once('line', (...line) => resolve(line));
  });
  const browser = await chromium.launch({
    executablePath,
    args: process.getuid?.() === 0 ? ['--no-sandbox'] : [],
  });
  const page = await browser.newPage({ viewport: { width: 1_440, height: 900 } });
  await page.addInitScript(WATCH);
  await page.goto(link);
  await page.getByText('live', { exact: true }).waitFor();
  // The first frames compile.
  while ((await page.evaluate('window.spent.length')) < frames + 3) await sleep(500);
  const text = await page.innerText('main');
  if (!text.includes('100 of 1000') || !text.includes('Visitors 5000')) {
    throw new Error('the page does not show what was measured');
  }
  spent = (await page.evaluate('window.spent')).slice(3, frames + 3);
  await browser.close();
} finally {
  server.kill();
  rmSync(program, { force: true });
}
const sorted = spent.toSorted((a, b) => a - b);
const result = {
  scriptKB: gzipSync(readFileSync(join(ROOT, 'dist/console/main.js')), { level: 9 }).length / 1e3,
  frameMs: median(spent),
  slowestMs: sorted.at(-1),
};
if (process.argv.includes('--json')) console.log(JSON.stringify(result));
else {
  console.log(`script  ${result.scriptKB.toFixed(1)} KB gzipped`);
  console.log(
    `frame   ${result.frameMs.toFixed(1)} ms median of ${frames}, slowest ${result.slowestMs.toFixed(1)} ms`,
  );
}
