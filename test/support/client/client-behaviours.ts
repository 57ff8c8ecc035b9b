import { expect, test } from 'vitest';
import type { TokenClient } from '../../../client/index.ts';

/** A token client in its surroundings: a vault, users at Adobe, and a clock that the test moves. */
export interface ClientSurroundings {
  /** A client that holds nothing in memory. */
  client(): TokenClient;
  /** One of the vault's return URLs. */
  readonly returnTo: string;
  /** A user consents at the link, and their browser comes back with this URL. */
  consentAt(authorizeUrl: string): Promise<URL>;
  /** A user signs in without a connection, and their browser comes back with this code. */
  signedIn(appState: string): Promise<string>;
  passMs(durationMs: number): Promise<void>;
}

const DAY_MS = 86_400_000;
const APP_STATE = 'state-of-the-app-0123456789';
const AT_NO_API = 'https://example.com/';

/** What holds of the client on a real vault and of the client for tests. Ids begin with the tenant `demo`. */
export function describeClientBehaviours(surroundings: () => ClientSurroundings): void {
  async function consent(client: TokenClient, id: string): Promise<string> {
    const { returnTo, consentAt } = surroundings();
    const { authorizeUrl } = await client.openConsent(id, { returnTo, appState: APP_STATE });
    const back = await consentAt(authorizeUrl);
    expect(back.href.startsWith(returnTo)).toBe(true);
    expect(back.searchParams.get('app_state')).toBe(APP_STATE);
    return back.searchParams.get('connection_code') ?? '';
  }

  async function connected(id: string): Promise<TokenClient> {
    const client = surroundings().client();
    await client.redeemConsent(id, { connectionCode: await consent(client, id) });
    return client;
  }

  test('an id without a connection is not found, alone or among others', async () => {
    const client = await connected('demo.known');
    const missing = { code: 'connection_not_found', name: 'ConnectionNotFoundError' };
    await expect(client.getAccessToken('demo.unknown')).rejects.toMatchObject(missing);
    await expect(client.status('demo.unknown')).rejects.toMatchObject(missing);
    const results = await client.getAccessTokens(['demo.known', 'demo.unknown', 'no id']);
    expect(results.get('demo.known')?.token?.connectionId).toBe('demo.known');
    expect(results.get('demo.unknown')?.error).toMatchObject(missing);
    expect(results.get('no id')?.error).toMatchObject({ code: 'invalid_request' });
  });

  test('a consent connects once its code is redeemed, and the code answers the same again', async () => {
    const client = surroundings().client();
    const connectionCode = await consent(client, 'demo.consent');
    await expect(client.getAccessToken('demo.consent')).rejects.toMatchObject({
      code: 'connection_not_found',
    });
    await expect(client.redeemConsent('demo.other', { connectionCode })).rejects.toMatchObject({
      code: 'code_not_valid',
    });
    const redeemed = await client.redeemConsent('demo.consent', { connectionCode });
    expect(redeemed).toMatchObject({ connectionId: 'demo.consent', renewable: true, keptPrevious: false });
    expect(await client.redeemConsent('demo.consent', { connectionCode })).toEqual(redeemed);
    expect(await client.status('demo.consent')).toMatchObject({ state: 'active', renewable: true });
    expect(await client.getAccessToken('demo.consent')).toMatchObject({
      connectionId: 'demo.consent',
      tokenType: 'Bearer',
    });
  });

  test('an unknown or expired code is not valid', async () => {
    const client = surroundings().client();
    const connectionCode = await consent(client, 'demo.late');
    await surroundings().passMs(3 * 60_000);
    for (const code of [connectionCode, 'never-given']) {
      await expect(client.redeemConsent('demo.late', { connectionCode: code })).rejects.toMatchObject({
        code: 'code_not_valid',
      });
    }
  });

  test('a disconnect ends the tokens, and a consent from before it', async () => {
    const client = await connected('demo.leaving');
    await client.getAccessToken('demo.leaving');
    const connectionCode = await consent(client, 'demo.leaving');
    expect(await client.disconnect('demo.leaving')).toEqual({
      connectionId: 'demo.leaving',
      state: 'disconnecting',
    });
    await expect(surroundings().client().getAccessToken('demo.leaving')).rejects.toMatchObject({
      code: 'connection_not_found',
    });
    await expect(client.redeemConsent('demo.leaving', { connectionCode })).rejects.toMatchObject({
      code: 'consent_superseded',
    });
  });

  test('a token is vended again while it lives, and another after it expired or was rejected', async () => {
    await connected('demo.tokens');
    const ask = async (rejected?: string) => {
      const options = rejected === undefined ? undefined : { rejected };
      const token = await surroundings().client().getAccessToken('demo.tokens', options);
      return token.accessToken;
    };
    const first = await ask();
    expect(await ask()).toBe(first);
    const second = await ask(first);
    expect(second).not.toBe(first);
    expect(await ask(first)).toBe(second);
    await surroundings().passMs(2 * DAY_MS);
    expect([first, second]).not.toContain(await ask());
  });

  test('what cannot be asked for is refused', async () => {
    const client = await connected('demo.refused');
    for (const call of [
      () => client.getAccessToken('a/../b'),
      () => client.getAccessToken('demo.refused', { minTtlSeconds: 80_000 }),
      () => client.getAccessToken('demo.refused', { minTtlSeconds: -1 }),
      () => client.openConsent('demo.refused', { returnTo: 'no url' }),
      () => client.redeemConsent('demo.refused', { connectionCode: '' }),
    ]) {
      await expect(call()).rejects.toMatchObject({ code: 'invalid_request', name: 'InvalidRequestError' });
    }
    await expect(client.getAccessToken('demo.refused', { scopes: ['unheard_of'] })).rejects.toMatchObject({
      code: 'scopes_not_available',
    });
    await expect(client.fetch('demo.refused', AT_NO_API)).rejects.toMatchObject({ code: 'host_not_allowed' });
  });

  test('a plain sign-in is redeemed with the app state of its own session only', async () => {
    const client = surroundings().client();
    const connectionCode = await surroundings().signedIn(APP_STATE);
    await expect(client.redeemSignIn({ connectionCode, appState: 'another' })).rejects.toMatchObject({
      code: 'code_not_valid',
    });
    const redeemed = await client.redeemSignIn({ connectionCode, appState: APP_STATE });
    expect(redeemed.connectionId).toMatch(/^adobe-/);
    expect(await client.redeemSignIn({ connectionCode, appState: APP_STATE })).toEqual(redeemed);
  });

  test('a caller that has aborted gets its own reason', async () => {
    const reason = new Error('The caller left.');
    const client = surroundings().client();
    const signal = AbortSignal.abort(reason);
    await expect(client.getAccessToken('demo.aborted', { signal })).rejects.toBe(reason);
    await expect(client.status('demo.aborted', { signal })).rejects.toBe(reason);
  });
}
