import { type Browser, chromium } from 'playwright-core';
import { findOnPath } from '../../../src/shared/find-program.js';

const NAMES = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'];

/** A Chromium of this machine; undefined where none is installed. */
export const chromiumPath = NAMES.flatMap((name) => findOnPath(name, process.env) ?? []).at(0);

export function startChromium(): Promise<Browser> {
  return chromium.launch({
    ...(chromiumPath ? { executablePath: chromiumPath } : {}),
    // Chromium's own sandbox does not start for root, as in containers.
    args: process.getuid?.() === 0 ? ['--no-sandbox'] : [],
  });
}
