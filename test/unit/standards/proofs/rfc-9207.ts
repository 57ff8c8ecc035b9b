import { expect } from 'vitest';
import { locationOf, pageOutcome, stateOf } from '../../consent/browser.ts';
import { IMS } from '../../consent/consent-world.ts';
import { createBench, WITH_APP } from '../bench.ts';
import type { RFC_9207 } from '../items/rfc-9207.ts';
import type { ProofsOf } from '../proof.ts';

/** Issuers that a looser comparison would accept. */
const NEARLY = [
  `${IMS}/`,
  `${IMS}:443`,
  IMS.toUpperCase(),
  `${IMS}?`,
  `${IMS}#`,
  `${IMS}/ims/`,
  ` ${IMS}`,
  encodeURIComponent(IMS),
  IMS.replace('https', 'http'),
  IMS.replace('ims.', 'ims%2E'),
  `${IMS}.evil.example`,
  '',
];

export const RFC_9207_PROOFS: ProofsOf<typeof RFC_9207> = {
  async compared() {
    const bench = createBench();
    const browser = bench.browser();
    const query = bench.adobe.approve(await browser.authorize(''));
    for (const iss of NEARLY) {
      query.set('iss', iss);
      expect(pageOutcome(await browser.callback(`${query}`)), iss).toBe('invalid_request');
    }
    bench.expectUntouched();
    query.set('iss', IMS);
    expect(pageOutcome(await browser.callback(`${query}`))).toBe('connected');
  },

  async rejected() {
    const bench = createBench();
    const browser = bench.browser();
    const query = bench.adobe.approve(await browser.authorize(WITH_APP));
    query.set('iss', 'https://honest.as.example');
    expect(pageOutcome(await browser.callback(`${query}`))).toBe('invalid_request');
    bench.expectUntouched();
  },

  async errors() {
    const bench = createBench();
    const browser = bench.browser();
    const state = stateOf(await browser.authorize(WITH_APP));
    const error = new URLSearchParams({ error: 'access_denied', state, iss: 'https://evil.example' });
    expect(pageOutcome(await browser.callback(`${error}`))).toBe('invalid_request');
    error.set('iss', IMS);
    const believed = await browser.callback(`${error}`);
    expect(locationOf(believed).searchParams.get('error')).toBe('declined');
  },

  async absent() {
    const bench = createBench();
    const browser = bench.browser();
    const query = bench.adobe.approve(await browser.authorize(''));
    expect(query.has('iss')).toBe(false);
    expect(pageOutcome(await browser.callback(`${query}`))).toBe('connected');
  },

  async several() {
    const bench = createBench();
    const browser = bench.browser();
    const query = bench.adobe.approve(await browser.authorize(''));
    query.append('iss', IMS);
    query.append('iss', 'https://evil.example');
    expect(pageOutcome(await browser.callback(`${query}`))).toBe('invalid_request');
    bench.expectUntouched();
  },
};
