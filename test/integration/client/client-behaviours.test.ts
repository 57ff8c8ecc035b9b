import { afterAll, beforeAll, describe, inject } from 'vitest';
import type { TokenClient } from '../../../client/index.ts';
import { createHttpBrowser } from '../../../local/demo/browser/http-browser.ts';
import { describeClientBehaviours } from '../../support/client/client-behaviours.ts';
import { startVaultWorld, type VaultWorld } from '../../support/vault/vault-world.ts';

/** Two roles of the example stack: one connects users, the other reads with their tokens. */
function clientOf(world: VaultWorld): TokenClient {
  const { getAccessToken, getAccessTokens, fetch } = world.clientAs('LightroomReaderRole');
  return { ...world.clientAs('WebBackendRole'), getAccessToken, getAccessTokens, fetch };
}

describe('the client on a vault', () => {
  let world: VaultWorld;
  beforeAll(async () => {
    world = await startVaultWorld({ cdkOut: inject('cdkOut') });
  });
  afterAll(() => world.stop());

  describeClientBehaviours(() => ({
    client: () => clientOf(world),
    returnTo: world.landingUrl,
    consentAt: async (authorizeUrl) => {
      world.ims.profile({ authorize: { automatic: { user: 'alice', decision: 'approve' } } });
      return (await createHttpBrowser().open(authorizeUrl)).url;
    },
    signedIn: async (appState) => {
      const { url } = await world.signIn('bob', { return_to: world.landingUrl, app_state: appState });
      return url.searchParams.get('connection_code') ?? '';
    },
    passMs: async (durationMs) => {
      await world.stack.time.advanceBy(durationMs, { recurringEveryMs: 21_600_000 });
    },
  }));
});
