/** Logging in to a Space in a real browser, with the real gr.LoginButton of any release. */
import type { Browser, Page } from 'playwright-core';
import { expect } from 'vitest';
import { startChromium } from './chromium.js';
import { fixture, type StartedRun, startRun } from './space.js';

const WITHIN = { timeout: 60_000 };
const LOGIN = /Sign in with Hugging Face/;

/** Runs the Space `login` with the packages of `python` and goes through all that a visitor does. */
export async function checkLogin(python: string): Promise<void> {
  const run = await startRun(fixture('login'), ['--fresh'], python);
  const browser = await startChromium();
  try {
    await throughThePage(run, await pageIn(browser));
    await knownAlready(run, await pageIn(browser));
    await notAsked(run, await pageIn(browser));
  } finally {
    await browser.close();
    await run.stop();
  }
}

async function pageIn(browser: Browser): Promise<Page> {
  const context = await browser.newContext();
  // Fonts of the page: nothing outside this machine is asked.
  await context.route(/^https?:\/\/(?!(127\.0\.0\.1|localhost)[:/])/, (route) => route.abort());
  return context.newPage();
}

const shown = (page: Page, label: string) => page.getByLabel(label).inputValue();

async function open(page: Page, url: string): Promise<void> {
  await page.goto(url, { waitUntil: 'domcontentloaded', ...WITHIN });
  await expect.poll(() => shown(page, 'Who'), WITHIN).not.toBe('');
}

/** Computes once, and says whom the call was charged to. */
async function charged(run: StartedRun, page: Page): Promise<unknown> {
  const before = run.events.length;
  await page.getByRole('button', { name: 'Compute' }).click();
  await expect.poll(() => shown(page, 'Done'), WITHIN).toBe('computed');
  const { visitor } = await run.waitFor(
    (event) => event.event === 'ended' && run.events.indexOf(event) >= before,
  );
  return (visitor as { readonly key: string }).key;
}

/** Chooses a visitor on the login page, computes, logs out, and is asked again. */
async function throughThePage(run: StartedRun, page: Page): Promise<void> {
  await open(page, run.url);
  expect(await shown(page, 'Who')).toBe('nobody');
  await page.getByRole('button', { name: LOGIN }).click();
  await page.getByRole('heading', { name: 'Sign in to' }).waitFor(WITHIN);
  await page.getByLabel('Another visitor').fill('pro:ünï');
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.getByRole('alert').waitFor(WITHIN);
  await page.getByLabel('Another visitor').fill('pro:ann');
  await page.getByRole('button', { name: 'Sign in' }).click();
  await expect.poll(() => shown(page, 'Who'), WITHIN).toMatch(/^ann ann http:.*\/ann$/);
  expect(new URL(page.url()).origin).toBe(run.url);
  await expect.poll(() => shown(page, 'Token'), WITHIN).toMatch(/^ann ann@localhost openid/);
  expect(await charged(run, page)).toBe('pro:ann');

  await page.getByRole('button', { name: /Logout/ }).click();
  await expect.poll(() => shown(page, 'Who'), WITHIN).toBe('nobody');
  expect(await shown(page, 'Token')).toBe('no token');
  expect(await charged(run, page)).toBe('anonymous:127.0.0.1');
  await page.getByRole('button', { name: LOGIN }).click();
  await page.getByRole('button', { name: 'free', exact: true }).click();
  await expect.poll(() => shown(page, 'Who'), WITHIN).toMatch(/^free free /);
}

/** Who came as `?as=` is not asked, under another name of this machine either. */
async function knownAlready(run: StartedRun, page: Page): Promise<void> {
  await open(page, `${run.url.replace('127.0.0.1', 'localhost')}/?as=free:eve`);
  await page.getByRole('button', { name: LOGIN }).click();
  await expect.poll(() => shown(page, 'Who'), WITHIN).toMatch(/^eve eve /);
  expect(new URL(page.url()).hostname).toBe('localhost');
  expect(await charged(run, page)).toBe('free:eve');
}

/** A login that is cancelled leaves the visitor who they were. */
async function notAsked(run: StartedRun, page: Page): Promise<void> {
  await page.goto(`${run.url}/login/huggingface`, WITHIN);
  await page.getByRole('button', { name: 'Cancel' }).click();
  await page.waitForURL(/error=access_denied/, WITHIN);
  await open(page, run.url);
  expect(await shown(page, 'Who')).toBe('nobody');
}
