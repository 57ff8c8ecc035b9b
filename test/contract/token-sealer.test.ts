import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createKmsClient } from '../../functions/adapters/aws/clients.ts';
import { createTokenOpener, createTokenSealer } from '../../functions/adapters/kms/token-sealing.ts';
import type { SealBinding, SealPurpose } from '../../functions/core/connection/sealed-token.ts';
import type { TokenOpener, TokenSealer } from '../../functions/core/ports/sealing.ts';
import { Secret } from '../../functions/core/secret.ts';
import { createKmsService } from '../../local/aws/kms/kms-service.ts';
import { EXAMPLE_NOW_MS, exampleGeneration } from '../support/fakes/example-records.ts';
import { createFakeSealing } from '../support/fakes/fake-token-sealer.ts';
import { ACCOUNT_ID, REGION, type StandIns, startStandIns } from './aws-stand-ins.ts';

interface Sealing {
  readonly sealer: TokenSealer;
  readonly opener: TokenOpener;
  openerFor(purpose: SealPurpose): TokenOpener;
}

function keyArn(id: string) {
  return `arn:aws:kms:${REGION}:${ACCOUNT_ID}:key/${id}`;
}

const REFRESH_KEY = keyArn('11111111-2222-3333-4444-555555555555');
const ACCESS_KEY = keyArn('66666666-2222-3333-4444-555555555555');

const IMPLEMENTATIONS = [
  { name: 'in memory', start: async () => ({ sealing: createFakeSealing(), stop: async () => undefined }) },
  { name: 'with KMS', start: withKms },
];

async function withKms(): Promise<{ sealing: Sealing; stop: () => Promise<void> }> {
  const keyArns = [REFRESH_KEY, ACCESS_KEY];
  const service = createKmsService({ keys: keyArns.map((arn) => ({ keyArn: arn })) });
  const standIns: StandIns = await startStandIns({ services: [service], keyArns });
  const kms = createKmsClient(standIns.clientConfig);
  const keys = { kms, refreshKeyArn: REFRESH_KEY, accessKeyArn: ACCESS_KEY };
  const openers = {
    refresh: createTokenOpener({ kms, refreshKeyArn: REFRESH_KEY }),
    access: createTokenOpener({ kms, accessKeyArn: ACCESS_KEY }),
  };
  const sealing = {
    sealer: createTokenSealer(keys),
    opener: createTokenOpener(keys),
    openerFor: (purpose: SealPurpose) => openers[purpose],
  };
  return { sealing, stop: standIns.stop };
}

const REFRESH: SealBinding = {
  purpose: 'refresh',
  connectionId: 'acme.user-42',
  clientId: 'credential',
  generation: exampleGeneration(),
  version: 3,
};
const ACCESS: SealBinding = { ...REFRESH, purpose: 'access', expiresAtMs: EXAMPLE_NOW_MS, scopeSet: '*' };

describe.each(IMPLEMENTATIONS)('sealing $name', ({ start }) => {
  let sealing: Sealing;
  let stop: () => Promise<void>;

  beforeAll(async () => {
    ({ sealing, stop } = await start());
  });
  afterAll(() => stop());

  const sealed = async (binding: SealBinding, token = 'the-token') => {
    const prepared = await sealing.sealer.prepare(binding);
    return prepared.seal(new Secret(token), binding);
  };

  test.each([
    ['refresh', REFRESH],
    ['access', ACCESS],
  ])('a sealed %s token opens under its own binding', async (_, binding) => {
    const opened = await sealing.opener.open(await sealed(binding), binding);
    expect(opened.reveal()).toBe('the-token');
  });

  test('tokens of 8 KB and beyond ASCII open as they were', async () => {
    const token = 'é'.repeat(4_096);
    expect((await sealing.opener.open(await sealed(REFRESH, token), REFRESH)).reveal()).toBe(token);
  });

  test.each<[string, SealBinding, SealBinding]>([
    ['connection', REFRESH, { ...REFRESH, connectionId: 'acme.user-43' }],
    ['credential', REFRESH, { ...REFRESH, clientId: 'client-2' }],
    ['generation', REFRESH, { ...REFRESH, generation: exampleGeneration(EXAMPLE_NOW_MS + 1) }],
    ['version', REFRESH, { ...REFRESH, version: 4 }],
    ['expiry', ACCESS, { ...ACCESS, expiresAtMs: EXAMPLE_NOW_MS + 1 }],
    ['scope set', ACCESS, { ...ACCESS, scopeSet: 'openid' }],
  ])('it does not open under another %s', async (_, binding, other) => {
    await expect(sealing.opener.open(await sealed(binding), other)).rejects.toMatchObject({
      name: 'PlatformError',
      code: 'SEAL_BROKEN',
    });
  });

  test.each([
    ['access', REFRESH, ACCESS],
    ['refresh', ACCESS, REFRESH],
  ])('it does not open as %s token: that is under another key', async (_, binding, other) => {
    await expect(sealing.opener.open(await sealed(binding), other)).rejects.toMatchObject({
      name: 'PlatformError',
      code: expect.stringMatching(/^(SEAL_BROKEN|KEY_UNKNOWN)$/),
    });
  });

  test('corrupted, cut and foreign bytes do not open', async () => {
    const bytes = await sealed(REFRESH);
    const flipped = Uint8Array.from(bytes, (byte, at) => (at === 3 ? byte ^ 1 : byte));
    for (const broken of [flipped, bytes.subarray(0, 12), new Uint8Array(0), new Uint8Array(64).fill(1)]) {
      await expect(sealing.opener.open(broken, REFRESH)).rejects.toMatchObject({ code: 'SEAL_BROKEN' });
    }
  });

  test('nothing of the token is readable in the sealed bytes', async () => {
    expect(Buffer.from(await sealed(REFRESH)).toString('latin1')).not.toContain('token');
  });

  test('a prepared seal seals one token only', async () => {
    const prepared = await sealing.sealer.prepare(REFRESH);
    prepared.seal(new Secret('first'), REFRESH);
    expect(() => prepared.seal(new Secret('second'), REFRESH)).toThrow(TypeError);
  });

  test('a prepared seal seals for its own connection and purpose only', async () => {
    const prepared = await sealing.sealer.prepare(REFRESH);
    const token = new Secret('token');
    expect(() => prepared.seal(token, { ...REFRESH, connectionId: 'acme.user-43' })).toThrow(TypeError);
    expect(() => prepared.seal(token, ACCESS)).toThrow(TypeError);
  });

  test('a role that may open access tokens cannot open refresh tokens', async () => {
    const opener = sealing.openerFor('access');
    const access = await sealed(ACCESS);
    expect((await opener.open(access, ACCESS)).reveal()).toBe('the-token');
    const refresh = await sealed(REFRESH);
    await expect(opener.open(refresh, REFRESH)).rejects.toMatchObject({ code: 'ACCESS_DENIED' });
  });
});
