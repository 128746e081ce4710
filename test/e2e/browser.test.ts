/**
 * A newcomer's first quarter of an hour: an empty folder, `init`, `check`, `run`, the page in a real
 * browser, the toast of a refusal, `quota`. Skipped where no Chromium is installed.
 *
 * `ZEROGPU_SCREENSHOTS=docs/images npm test -- --project e2e browser` takes the pictures of the docs.
 */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { chromiumPath, startChromium } from '../support/e2e/chromium.js';
import { runToEnd, type StartedRun, startRun } from '../support/e2e/space.js';

const pictures = process.env['ZEROGPU_SCREENSHOTS'];
const WITHIN = { timeout: 60_000 };

describe.skipIf(!chromiumPath)('a newcomer with a browser', () => {
  const folder = mkdtempSync(join(tmpdir(), 'zerogpu-test-'));
  const space = join(folder, 'my-space');
  const state = join(folder, 'state');
  let run: StartedRun | undefined;
  let browser: Browser | undefined;
  let page: Page;

  beforeAll(async () => {
    browser = await startChromium();
    const context = await browser.newContext({ viewport: { width: 1000, height: 560 } });
    // Fonts and analytics of the page: it has to work without a network, and makes no connection.
    await context.route(/^https?:\/\/(?!127\.0\.0\.1[:/])/, (route) => route.abort());
    page = await context.newPage();
  }, 60_000);
  afterAll(async () => {
    await browser?.close();
    await run?.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  const shoot = async (name: string) => {
    if (!pictures) return;
    mkdirSync(resolve(pictures), { recursive: true });
    // A toast flies in; to switch animations off would let it have left already.
    await page.waitForTimeout(600);
    await page.screenshot({ path: resolve(pictures, `${name}.png`) });
  };

  it('makes a Space that passes every check', async () => {
    const made = await runToEnd(['init', space, '--template', 'hello', '--yes', '--no-git']);
    expect(made).toMatchObject({ code: 0 });
    expect(await runToEnd(['check', space, '--strict'])).toMatchObject({ code: 0 });
  });

  it('runs it, and gets an answer from its page', async () => {
    run = await startRun(space, ['--state-dir', state, '--as', 'free:ada', '--fault', 'quota@2']);
    await page.goto(run.url, { waitUntil: 'domcontentloaded', ...WITHIN });
    await page.getByLabel('Name').fill('newcomer');
    await page.getByRole('button', { name: 'Submit' }).click();
    const answer = page.getByLabel('Answer');
    await expect.poll(() => answer.inputValue(), WITHIN).toMatch(/^Hello newcomer! .* on cuda:0/);
    await shoot('browser-answer');
  });

  it('reads in a toast why the next call is refused', async () => {
    await page.getByRole('button', { name: 'Submit' }).click();
    const toast = page.getByText(/exceeded your free ZeroGPU quota/);
    await toast.first().waitFor(WITHIN);
    expect(await toast.first().innerText()).toMatch(/15s requested vs\. 0s left/);
    await shoot('browser-refusal');
  });

  it('reads the same words in the console, and is another visitor in a tab of its own', async () => {
    const { stdout } = await runToEnd(['console', space, '--state-dir', state]);
    const console = await page.context().newPage();
    await console.goto(stdout.trim());
    await console
      .getByText(/exceeded your free ZeroGPU quota/)
      .first()
      .waitFor(WITHIN);
    await console.getByRole('button', { name: 'PRO' }).click();
    const opened = page.context().waitForEvent('page');
    await console.getByRole('link', { name: /as pro:ada$/ }).click();
    const other = await opened;
    const call = async (tab: Page, name: string, visitor: string) => {
      await tab.getByLabel('Name').fill(name, WITHIN);
      await tab.getByRole('button', { name: 'Submit' }).click();
      await expect.poll(() => tab.getByLabel('Answer').inputValue(), WITHIN).toContain(name);
      const { visitor: who } = await (run as StartedRun).waitFor(
        (event) => event.event === 'ended' && (event['visitor'] as { key: string }).key === visitor,
      );
      return (who as { key: string }).key;
    };
    expect(await call(other, 'lin', 'pro:ada')).toBe('pro:ada');
    const before = run?.events.length ?? 0;
    await call(page, 'again', 'free:ada');
    const ended = run?.events.slice(before).filter(({ event }) => event === 'ended');
    expect(ended?.map(({ visitor }) => (visitor as { key: string }).key)).toEqual(['free:ada']);
  });

  it('sees the visitor and what the call cost', async () => {
    const { code, stdout } = await runToEnd(['quota', '--once', '--state-dir', state]);
    expect(code).toBe(0);
    expect(stdout).toMatch(/free:ada/);
  });
});
