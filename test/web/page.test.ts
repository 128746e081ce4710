/**
 * The console's page in a real Chromium, before an allocator that the test plays; and a hostile page of the Space
 * beside it. Skipped where no Chromium is installed.
 *
 * `ZEROGPU_SCREENSHOTS=docs/images npx vitest run --project unit test/web/page` takes the pictures of the docs.
 */
import { createServer } from 'node:http';
import { resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { WebConsole } from '../../src/web/server/server.js';
import { chromiumPath, startChromium } from '../support/e2e/chromium.js';
import { listen } from '../support/gateway/index.js';
import { busySnapshot, visitor } from '../support/tui/snapshots.js';
import {
  aRecord,
  buildPage,
  ENDED,
  newLink,
  type PlayedAllocator,
  playAllocator,
  startConsole,
} from '../support/web/index.js';

const pictures = process.env['ZEROGPU_SCREENSHOTS'];
const GRANTED = { nvidiaIndex: 0, warm: true, waitedSeconds: 0 };
const REFUSED = { refusal: { kind: 'quota-exceeded', leftSeconds: 0 } };
const WORDS = 'You have exceeded your free ZeroGPU quota (60s requested vs. 41s left).';

describe.skipIf(!chromiumPath)('the console in Chromium', () => {
  let browser: Browser;
  let page: Page;
  let web: WebConsole;
  let played: PlayedAllocator;

  beforeAll(async () => {
    played = playAllocator(busySnapshot(), (key) => visitor(key));
    web = await startConsole(played.client, await buildPage());
    browser = await startChromium();
    page = await (await browser.newContext()).newPage();
    await page.goto(newLink(web));
    await page.getByText('live', { exact: true }).waitFor();
  });
  afterAll(async () => {
    await browser?.close();
    await web?.close();
  });

  /** Calls as they come on a Space, for the pictures. */
  async function scene(): Promise<void> {
    const asked = { visitor: { key: 'pro:lin', tier: 'pro' }, function: 'upscale' };
    const step = async (bytes: number) => {
      const [first, ...others] = busySnapshot().slices;
      if (!first?.call) throw new Error('the first slice is free');
      const held = { ...first, call: { ...first.call, call: 203 } };
      played.snapshot({
        ...busySnapshot(),
        slices: [{ ...held, memory: { allocatedBytes: bytes, callPeakBytes: bytes } }, ...others],
      });
      await sleep(700);
    };
    played.record(aRecord(201, 'granted', { nvidiaIndex: 1, warm: true, waitedSeconds: 0 }));
    await step(0);
    played.record(aRecord(202, 'queued'));
    played.record(
      aRecord(203, 'granted', { nvidiaIndex: 0, warm: false, waitedSeconds: 0, ...asked }),
    );
    await step(0);
    played.record(aRecord(203, 'allowed', asked));
    for (const bytes of [5e9, 12e9, 12e9, 31e9, 31e9]) await step(bytes);
    played.record(aRecord(201, 'killing', { reason: 'deadline' }));
    await step(31e9);
    played.record(aRecord(201, 'ended', { ...ENDED, end: 'deadline' }));
    web.told('ZeroGPU worker error: GPU task aborted', 'free:ada');
    played.record(aRecord(202, 'granted', { nvidiaIndex: 1, warm: true, waitedSeconds: 5 }));
    played.record(aRecord(204, 'queued'));
    for (const bytes of [31e9, 18e9, 18e9]) await step(bytes);
  }

  const section = (name: string) => page.getByRole('region', { name, exact: true });

  it('is at an address without the link, and reports no error', async () => {
    expect(page.url()).toMatch(/\/[0-9a-f]{32}\/$/);
    const errors: string[] = [];
    page.on('console', (message) => message.type() === 'error' && errors.push(message.text()));
    await page.reload();
    await page.getByText('live', { exact: true }).waitFor();
    expect(errors.filter((text) => !text.includes('favicon'))).toEqual([]);
  });

  it('switches the visitor in one click, in this tab only', async () => {
    await section('Visitor').getByRole('button', { name: 'PRO' }).click();
    const link = section('Visitor').getByRole('link', { name: 'Open local/demo as pro:ada' });
    await expect.poll(() => link.getAttribute('href')).toMatch(/\/\?as_tab=pro%3Aada$/);
    const other = await page.context().newPage();
    await other.goto(page.url());
    await other.getByText('This tab is free:ada.').waitFor();
    await other.close();
    await page.reload();
    await section('Visitor').getByText('This tab is pro:ada.').waitFor();
    await section('Visitor').getByRole('button', { name: 'free' }).click();
  });

  it('is used by the keyboard', async () => {
    await section('Visitor').getByLabel('Name').focus();
    await page.keyboard.press('ControlOrMeta+a');
    await page.keyboard.type('eve');
    await page.keyboard.press('Enter');
    await section('Visitor').getByText('This tab is free:eve.').waitFor();
    await page.keyboard.press('Tab');
    await section('Visitor').getByLabel('Name').fill('ada');
    await page.keyboard.press('Enter');
    await section('Visitor').getByText('This tab is free:ada.').waitFor();
  });

  it('shows a hundred calls, and those before on demand', async () => {
    for (let call = 1; call <= 130; call++) {
      played.record(aRecord(call, 'granted', GRANTED));
      played.record(aRecord(call, 'ended', ENDED));
    }
    const rows = section('Calls').locator('tbody tr');
    await expect.poll(() => rows.count()).toBe(100);
    await section('Calls').getByRole('button', { name: 'Show 30 earlier calls' }).click();
    await expect.poll(() => rows.count()).toBe(130);
  });

  it('shows a refusal with the words that the visitor reads', async () => {
    played.record(aRecord(131, 'refused', REFUSED));
    web.told(WORDS, 'free:ada');
    await section('Refused and killed').getByText(WORDS, { exact: true }).waitFor();
    await section('Calls').getByRole('button', { name: '#131' }).click();
    await section('Calls').getByText(WORDS, { exact: true }).waitFor();
    await section('Calls').getByRole('button', { name: '#131' }).click();
  });

  it('kills a call', async () => {
    played.record(aRecord(132, 'granted', GRANTED));
    await section('Calls').getByRole('button', { name: 'Kill call 132' }).click();
    await expect.poll(() => played.asked).toContain('kill 132');
    played.record(aRecord(132, 'killing', { reason: 'operator' }));
    played.record(aRecord(132, 'ended', { ...ENDED, end: 'operator' }));
    await section('Refused and killed').getByText('ended by hand').waitFor();
  });

  it('moves time, and switches faults', async () => {
    await section('Quota').getByRole('button', { name: '1 hour' }).click();
    await expect.poll(() => played.asked).toContain('advance 3600');
    await section('Faults')
      .getByLabel('no-gpu')
      .check({ force: true, timeout: 2_000 })
      .catch(() => {});
    await expect.poll(() => played.asked).toContain('faults no-gpu');
  });

  it('fits each width, in light and in dark', async () => {
    if (pictures) await scene();
    for (const width of [360, 800, 1_440]) {
      await page.setViewportSize({ width, height: 900 });
      await page.emulateMedia({ colorScheme: width === 800 ? 'dark' : 'light' });
      const overflow = () =>
        page.evaluate(
          'document.documentElement.scrollWidth - document.documentElement.clientWidth',
        );
      await expect.poll(overflow).toBe(0);
      if (!pictures) continue;
      await page.evaluate('window.scrollTo(0, 0)');
      await page.screenshot({ path: resolve(pictures, `console-${width}.png`) });
    }
  });

  it('shows text of the Space as text', async () => {
    const text = '<img src=x onerror=alert(1)><script>alert(2)</script>';
    web.line(text);
    played.record(aRecord(133, 'refused', { ...REFUSED, function: text }));
    web.told(text, 'free:ada');
    await section('Log').getByText(text).waitFor();
    await section('Refused and killed').locator('blockquote', { hasText: text }).waitFor();
    expect(await page.locator('img').count()).toBe(0);
  });

  it('names every control for a screen reader', async () => {
    const nameless = await page.evaluate(`[...document.querySelectorAll('button, input, a')]
      .filter((one) => !(one.getAttribute('aria-label') || one.textContent.trim() || one.labels?.length))
      .map((one) => one.outerHTML)`);
    expect(nameless).toEqual([]);
    const headings = await page.getByRole('heading', { level: 2 }).allInnerTexts();
    expect(headings.length).toBe(9);
  });

  it('is neither read nor driven by a page of the Space, which gets no cookie', async () => {
    const cookies: string[] = [];
    const space = createServer((request, response) => {
      cookies.push(request.headers.cookie ?? '');
      response.writeHead(200, { 'content-type': 'text/html' });
      response.end('<h1>hostile</h1>');
    });
    const port = await listen(space);
    const hostile = await page.context().newPage();
    await hostile.goto(`http://127.0.0.1:${port}/`);
    const base = page.url();
    const before = played.asked.length;
    const tried = await hostile.evaluate(
      `(async (base) => {
        const got = [];
        const attempt = async (what) => { try { got.push(await what()); } catch { got.push('failed'); } };
        const body = '{"do":"kill","call":1}';
        for (const mode of ['cors', 'no-cors', 'same-origin']) {
          for (const path of ['', 'stream', 'visitor?as=free', 'console.js']) {
            await attempt(async () => (await fetch(base + path, { mode, credentials: 'include' })).text());
          }
          await attempt(async () => (await fetch(base + 'command', { mode, credentials: 'include', method: 'POST', body })).text());
        }
        await attempt(() => new Promise((done) => {
          const source = new EventSource(base + 'stream', { withCredentials: true });
          source.onmessage = ({ data }) => done(data);
          source.onerror = () => done('failed');
        }));
        const form = document.createElement('form');
        Object.assign(form, { method: 'post', action: base + 'command', target: 'frame', enctype: 'text/plain' });
        const field = document.createElement('input');
        Object.assign(field, { name: body.slice(0, -1) + ',"x":"', value: '"}' });
        form.append(field);
        const frame = document.createElement('iframe');
        frame.name = 'frame';
        document.body.append(frame, form);
        form.submit();
        await new Promise((done) => setTimeout(done, 300));
        const framed = document.createElement('iframe');
        framed.src = base;
        document.body.append(framed);
        await new Promise((done) => { framed.onload = done; setTimeout(done, 2000); });
        await attempt(() => framed.contentDocument?.body.innerText ?? '');
        const opened = window.open(base);
        await new Promise((done) => setTimeout(done, 300));
        await attempt(() => opened?.document.body?.innerText ?? '');
        got.push(document.cookie);
        return got;
      })(${JSON.stringify(base)})`,
    );
    for (const text of tried as readonly string[]) expect(['', 'failed']).toContain(text);
    expect(played.asked.length).toBe(before);
    expect(cookies.join('')).not.toContain('zerogpu_console');
    await hostile.close();
  });
});
