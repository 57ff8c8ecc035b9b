import { createHash } from 'node:crypto';
import { expect } from 'vitest';
import { createPkce } from '../../../../functions/adapters/ims/authorization.ts';
import { asked, locationOf } from '../../consent/browser.ts';
import { createBench, WITH_APP } from '../bench.ts';
import type { RFC_7636 } from '../items/rfc-7636.ts';
import type { ProofsOf } from '../proof.ts';

export const RFC_7636_PROOFS: ProofsOf<typeof RFC_7636> = {
  verifier() {
    for (let round = 0; round < 100; round += 1) {
      expect(createPkce().verifier.reveal()).toMatch(/^[A-Za-z0-9._~-]{43,128}$/);
    }
  },

  challenge() {
    const { verifier, challenge } = createPkce();
    expect(challenge).toBe(createHash('sha256').update(verifier.reveal(), 'ascii').digest('base64url'));
    expect(challenge).toMatch(/^[A-Za-z0-9_-]{43}$/);
  },

  async methodSaid() {
    const request = asked(await createBench().browser().authorize(''));
    expect(request.getAll('code_challenge_method')).toEqual(['S256']);
  },

  async verifierSent() {
    const bench = createBench();
    const browser = bench.browser();
    const started = await browser.authorize('');
    await browser.callback(`${bench.adobe.approve(started)}`);
    const verifier = bench.adobe.posts[0]?.form.get('code_verifier') ?? '';
    const challenge = createHash('sha256').update(verifier).digest('base64url');
    expect(challenge).toBe(asked(started).get('code_challenge'));
  },

  entropy() {
    const verifiers = Array.from({ length: 1000 }, () => createPkce().verifier.reveal());
    expect(new Set(verifiers).size).toBe(1000);
    for (const verifier of verifiers) expect(Buffer.from(verifier, 'base64url')).toHaveLength(32);
  },

  async noDowngrade() {
    const bench = createBench();
    const browser = bench.browser();
    const query = bench.adobe.approve(await browser.authorize(WITH_APP));
    query.set('code', 'a-code-that-adobe-refuses');
    const refused = await browser.callback(`${query}`);
    expect(locationOf(refused).searchParams.get('error')).toBe('transaction_expired');
    expect(bench.adobe.posts).toHaveLength(1);
    const again = asked(await browser.authorize(WITH_APP));
    expect(again.get('code_challenge_method')).toBe('S256');
  },
};
