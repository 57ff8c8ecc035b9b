import { type Browser, chromium } from 'playwright-core';
import type { BrowserLaunch } from './browser.ts';

/** Chromium as a user has it: web security on. Without its sandbox, so that it also starts as root. */
export function openBrowser({ executablePath, environment }: BrowserLaunch): Promise<Browser> {
  const ours = Object.entries(process.env).filter(
    (entry): entry is [string, string] => entry[1] !== undefined,
  );
  return chromium.launch({
    executablePath,
    args: ['--no-sandbox'],
    env: { ...Object.fromEntries(ours), ...environment },
  });
}
