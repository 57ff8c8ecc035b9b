import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { createSecretsClient } from '../../../functions/adapters/aws/clients.ts';
import { createCookieKeyStore } from '../../../functions/adapters/secrets-manager/cookie-key.ts';
import { createSystemRandom } from '../../../functions/adapters/system/clock-and-random.ts';
import {
  dropPreviousCookieKey,
  rotateCookieKey,
} from '../../../functions/core/consent/replace-cookie-key.ts';
import { createHttpBrowser } from '../../../local/demo/browser/http-browser.ts';
import { operatorOf } from '../../support/vault/operator.ts';
import { startTraffic } from '../../support/vault/steady-traffic.ts';
import { startVaultWorld, type VaultWorld } from '../../support/vault/vault-world.ts';

const ROTATED = 'demo.rotated';
/** Their access tokens have ended when they are asked for, so that the vault has to go to Adobe. */
const RESTING = Array.from({ length: 12 }, (_, number) => `demo.resting-${number}`);
const OLD = 'client-secret-of-last-year';
const NEW = 'client-secret-of-this-year';
const NEXT = 'client-secret-of-next-year';

let world: VaultWorld;
beforeAll(async () => {
  world = await startVaultWorld({
    cdkOut: inject('cdkOut'),
    clientSecret: OLD,
    ims: { credential: { clientSecrets: [OLD] }, rotation: { mode: 'strict' } },
  });
  for (const connectionId of [ROTATED, ...RESTING]) await world.connect(connectionId, 'alice');
  await world.passDays(2);
});
afterAll(() => world.stop());

/** Steps at Adobe and in Secrets Manager, as an operator takes them. */
function adobeAccepts(...clientSecrets: string[]) {
  return world.ims.profile({ credential: { clientSecrets } });
}

function store(clientSecret: string, previousClientSecret?: string) {
  return world.storeClientSecret({
    clientSecret,
    ...(previousClientSecret !== undefined && { previousClientSecret }),
  });
}

async function rotate(connectionId = ROTATED) {
  return (await world.stack.invoke('rotate', { connectionId, trigger: 'operator' })).payload;
}

function titleOf({ body }: { readonly body: string }) {
  return /<h1>(.*?)<\/h1>/.exec(body)?.[1];
}

function openedBreakers() {
  return world.stack.logs.search({ contains: 'A breaker opened' }).length;
}

describe('A client secret of two', () => {
  it('is replaced in the order of docs/operations.md without one failed request', async () => {
    let asked = 0;
    const traffic = startTraffic({
      rotations: async () => {
        const outcome = await rotate();
        return JSON.stringify(outcome) === '{"outcome":"rotated"}' ? undefined : JSON.stringify(outcome);
      },
      vends: async () => {
        const connectionId = RESTING[asked++ % RESTING.length] ?? '';
        // Another process each time: one client remembers what it was given.
        await world.clientAs('LightroomReaderRole').getAccessToken(connectionId);
        return undefined;
      },
      callbacks: async () => {
        const { redeemed } = await world.connect('demo.consenting', 'bob');
        return redeemed.ok ? undefined : JSON.stringify(redeemed.problem);
      },
    });
    const refusedBefore = refusals();
    await traffic.more(2);
    adobeAccepts(OLD, NEW);
    await traffic.more(2);
    store(NEW, OLD);
    await traffic.more(2);
    adobeAccepts(NEW);
    await traffic.more(3);
    store(NEW);
    await traffic.more(2);
    const { answered, failures } = await traffic.stop();
    expect(failures).toEqual([]);
    expect(answered).toBeGreaterThan(3 * 11);
    expect(
      refusals() - refusedBefore,
      'processes with the old secret in memory were refused, and helped themselves',
    ).toBeGreaterThan(0);
    expect(openedBreakers()).toBe(0);
    // Processes that start now know the new secret alone.
    await world.stack.kill('rotate');
    expect(await rotate()).toEqual({ outcome: 'rotated' });
  });

  const refusals = () => world.ims.ledger.total().refusals.invalid_client ?? 0;
});

describe('A client secret that Adobe only replaces', () => {
  it('fails requests until the new one is stored, opens the credential breaker, and costs no connection', async () => {
    await world.passDays(2);
    adobeAccepts(NEXT);
    expect(await rotate()).toMatchObject({ outcome: 'waiting', reason: 'credential-breaker' });
    expect(openedBreakers()).toBe(1);
    const signIn = await world.signIn('bob');
    expect(signIn.status).toBe(503);
    expect(await world.api.status(ROTATED)).toMatchObject({ value: { state: 'active' } });

    const requirement = { scopeSet: '*', minTtlSeconds: 300 };
    const vend = async (connectionId = '') =>
      (await world.stack.invoke('rotate', { connectionId, trigger: 'vend', requirement })).payload;
    expect(await vend(RESTING[0])).toMatchObject({ outcome: 'waiting', reason: 'credential-breaker' });

    store(NEXT, NEW);
    expect(await vend(RESTING[1]), 'before the breaker’s pause is over').toEqual({ outcome: 'rotated' });
    expect(await rotate()).toEqual({ outcome: 'rotated' });
    expect(titleOf(await world.signIn('bob'))).toBe('You are connected');
    for (const connectionId of RESTING) expect(await rotate(connectionId)).toEqual({ outcome: 'rotated' });
    expect(world.ims.ledger.doubleSpends()).toEqual([]);
    const states = (await world.itemsOf('CONNECTIONS_TABLE')).map(({ state }) => state?.S);
    expect(new Set(states)).toEqual(new Set(['active']));
  });
});

describe('The cookie key', () => {
  const keyStore = () => {
    const secretId = world.stack.functions.get('authorize').definition.environment.COOKIE_KEY_SECRET_ID ?? '';
    const Action = ['secretsmanager:GetSecretValue', 'secretsmanager:PutSecretValue'];
    const client = createSecretsClient(operatorOf(world.stack, [{ Action, Resource: secretId }]));
    return createCookieKeyStore({ client, secretId });
  };
  const rotateKey = () => rotateCookieKey({ cookieKey: keyStore(), random: createSystemRandom() });

  /** A browser that has come as far as Adobe's page, and what it does there. */
  const startTransaction = async () => {
    world.ims.profile({ authorize: { automatic: null } });
    const browser = createHttpBrowser();
    await browser.open(`${world.stack.apiUrl}/authorize`);
    return () => browser.submit({ press: 'approve', choose: { user: 'alice' } });
  };

  it('is replaced while users sign in: transactions from before and after complete, in processes that know either key', async () => {
    const consent = await startTransaction();
    await rotateKey();
    expect(titleOf(await consent())).toBe('You are connected');
    // Only this process has read the new key; the one that answers Adobe remembers the old.
    await world.stack.kill('authorize');
    const consentUnderNewKey = await startTransaction();
    expect(titleOf(await consentUnderNewKey())).toBe('You are connected');
    expect(world.stack.logs.search({ contains: '"fault"', functionName: 'callback' })).toEqual([]);
  });

  it('before the present one, once dropped, is kindly refused: such a sign-in was started elsewhere, or too long ago', async () => {
    const consent = await startTransaction();
    await rotateKey();
    expect(await dropPreviousCookieKey(keyStore())).toBe('dropped');
    // What processes remember ends with them, or after five minutes.
    await Promise.all(['authorize', 'callback'].map((name) => world.stack.kill(name)));
    expect(titleOf(await consent())).toBe('This sign-in was started elsewhere');
    const again = await startTransaction();
    expect(titleOf(await again())).toBe('You are connected');
  });
});
