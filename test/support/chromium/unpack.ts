import type { TestProject } from 'vitest/node';
import { type BrowserLaunch, findBrowser } from './browser.ts';

declare module 'vitest' {
  interface ProvidedContext {
    browserLaunch: BrowserLaunch;
  }
}

/** Unpacking takes seconds, and two test files must not do it at once. No browser is a failure. */
export async function setup(project: TestProject): Promise<void> {
  project.provide('browserLaunch', await findBrowser());
}
