import { expect } from 'vitest';
import type { HttpResult } from '../../../functions/adapters/http/http-event.ts';
import { createIms } from '../../../functions/adapters/ims/ims-client.ts';
import { createManualClock } from '../../support/fakes/manual-clock.ts';
import { createBrowser } from '../consent/browser.ts';
import {
  APP_STATE,
  CLIENT_ID,
  createConsentWorld,
  IMS,
  RETURN_TO,
  type WorldOptions,
} from '../consent/consent-world.ts';
import { type AdobeOptions, createAdobe } from './adobe.ts';

export const WITH_APP = new URLSearchParams({ return_to: RETURN_TO, app_state: APP_STATE }).toString();
export const KNOWN_USER = 'acme.user-42';

export type Bench = ReturnType<typeof createBench>;

/** The browser's routes with the real adapter to Adobe, and fakes for everything else. */
export function createBench(options: Omit<WorldOptions, 'callback'> & AdobeOptions = {}) {
  let nowMs = createManualClock().nowMs;
  const adobe = createAdobe(options, () => nowMs());
  const world = createConsentWorld({
    ...options,
    callback: (deps) => ({
      ...deps,
      ims: createIms({ imsBaseUrl: IMS, clientId: CLIENT_ID, clock: deps.clock, fetch: adobe.fetch }),
    }),
  });
  nowMs = world.clock.nowMs;
  return {
    world,
    adobe,
    browser: () => createBrowser(world),
    /** The app's backend opens a consent session. Returns the query of its link. */
    async openSession(connectionId = KNOWN_USER, body: object = {}): Promise<string> {
      const opened = await world.post('/connections/{connectionId}/consents', connectionId, {
        returnTo: RETURN_TO,
        appState: APP_STATE,
        ...body,
      });
      const { authorizeUrl } = JSON.parse(opened.body) as { authorizeUrl: string };
      return new URL(authorizeUrl).search.slice(1);
    },
    /** Nothing was consumed, exchanged, kept or connected. */
    expectUntouched(): void {
      expect(world.consents.consumed.size + world.consents.pendingConsents.size).toBe(0);
      expect(world.memory.connections.size).toBe(0);
      expect(adobe.posts).toEqual([]);
    },
  };
}

/** Every kind of answer to a browser: both kinds of redirect, and the page of each failure. */
export async function everyAnswer(bench: Bench): Promise<readonly HttpResult[]> {
  const browser = bench.browser();
  const answers: HttpResult[] = [];
  const note = (result: HttpResult) => {
    answers.push(result);
    return result;
  };
  const own = note(await browser.authorize(''));
  const app = note(await browser.authorize(WITH_APP));
  const session = note(await browser.authorize(await bench.openSession()));
  for (const started of [own, app, session]) note(await browser.callback(`${bench.adobe.approve(started)}`));
  const declined = note(await browser.authorize(''));
  note(await browser.callback(`error=access_denied&state=${stateIn(declined)}`));
  note(await browser.authorize('return_to=https://evil.example'));
  note(await bench.world.callback('state=x&code=y'));
  note(await bench.world.callback(''));
  return answers;
}

function stateIn(started: HttpResult) {
  return new URL(started.headers.location ?? '').searchParams.get('state') ?? '';
}

/** The parameters of a `Set-Cookie`. */
export function setCookies(result: HttpResult) {
  return (result.cookies ?? []).map((header) => {
    const [pair = '', ...attributes] = header.split('; ');
    const at = pair.indexOf('=');
    return { name: pair.slice(0, at), value: pair.slice(at + 1), attributes };
  });
}
