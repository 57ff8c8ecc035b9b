import { inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import { createSecretsClient } from '../../../functions/adapters/aws/clients.ts';
import {
  createClientSecretSource,
  inspectClientSecret,
} from '../../../functions/adapters/secrets-manager/client-secret-source.ts';
import { createCookieKeySource } from '../../../functions/adapters/secrets-manager/cookie-key.ts';
import { type AwsReply, startAwsServer } from './aws-test-server.ts';

async function withSecrets(...replies: AwsReply[]) {
  const server = await startAwsServer(...replies);
  let monotonicMs = 0;
  const deps = {
    client: createSecretsClient({ ...server.config }),
    secretId: 'secret-1',
    cacheMs: 60_000,
    clock: { monotonicMs: () => monotonicMs },
  };
  return {
    ...server,
    source: createClientSecretSource(deps),
    inspect: () => inspectClientSecret(deps.client, deps.secretId),
    cookieKeys: createCookieKeySource(deps),
    pass: (durationMs: number) => {
      monotonicMs += durationMs;
    },
  };
}

function holding(value: unknown): AwsReply {
  return {
    body: { SecretString: typeof value === 'string' ? value : JSON.stringify(value) },
  };
}

const unavailable: AwsReply = { error: 'InternalServiceError', status: 500 };
const absent: AwsReply = { error: 'ResourceNotFoundException' };

async function revealed(read: ReturnType<typeof createClientSecretSource>['read'], fresh = false) {
  const secrets = await read({ fresh });
  if (secrets === 'not-configured') return secrets;
  return [secrets.current.reveal(), secrets.previous?.reveal()];
}

describe('the client secret', () => {
  it.each([
    [{ clientSecret: 's1' }, ['s1', undefined]],
    [{ clientSecret: ' s1\n', previousClientSecret: 's0' }, ['s1', 's0']],
    [{ clientSecret: 's1', previousClientSecret: '' }, ['s1', undefined]],
    [{ clientSecret: 's1', previousClientSecret: null }, ['s1', undefined]],
    [{ clientSecret: '' }, 'not-configured'],
    [{}, 'not-configured'],
    [' \n', 'not-configured'],
  ])('in %j', async (value, expected) => {
    await using secrets = await withSecrets(holding(value));
    expect(await revealed(secrets.source.read)).toEqual(expected);
    expect(secrets.requests[0]).toMatchObject({
      operation: 'GetSecretValue',
      body: { SecretId: 'secret-1' },
    });
  });

  it('that has no value yet is not configured, and is looked for again at the next call', async () => {
    await using secrets = await withSecrets(absent, { body: {} }, holding({ clientSecret: 's1' }));
    expect(await secrets.source.read()).toBe('not-configured');
    expect(await secrets.source.read()).toBe('not-configured');
    expect(await revealed(secrets.source.read)).toEqual(['s1', undefined]);
  });

  it.each([
    ['with a byte order mark', '\uFEFF{"clientSecret":"p-secret"}'],
    ['alone', 'p-secret'],
    ['alone, with a byte order mark and a line break', '\uFEFFp-secret\r\n'],
    ['with the byte order mark of UTF-8 as Windows reads it', 'ï»¿{"clientSecret":"p-secret"}\r\n'],
    ['as the UTF-16 of PowerShell', `\uFEFF${[...'{"clientSecret":"p-secret"}'].join('\0')}\0`],
    ['as the UTF-16 of PowerShell as Windows reads it', `ÿþ${[...'p-secret\r\n'].join('\0')}\0`],
    ['as the console of Secrets Manager stores it', '{\n  "clientSecret": "p-secret"\n}'],
    ['next to members that the vault does not use', '{"clientSecret":"p-secret","previous":"p-old"}'],
  ])('%s is read', async (_, value) => {
    await using secrets = await withSecrets(holding(value));
    expect(await revealed(secrets.source.read)).toEqual(['p-secret', undefined]);
  });

  it.each([
    ['of digits alone', '01234567890123456789'],
    ['that looks like a number', '1234567890e12345678'],
    ['with the signs of passwords', 'p-secret!$&*;~'],
    ['of the greatest length', 's'.repeat(1_024)],
  ])('alone, %s, is read', async (_, value) => {
    await using secrets = await withSecrets(holding(value));
    expect(await revealed(secrets.source.read)).toEqual([value, undefined]);
  });

  it.each([
    ['{"clientSecret":"p-secret"}', '{"clientSecret":"p-secret"}'],
    ['UTF-16', `\uFEFF${[...'{"clientSecret":"p-secret"}'].join('\0')}\0`],
  ])('stored as the bytes of a file with %s is read', async (_, text) => {
    await using secrets = await withSecrets({ body: { SecretBinary: Buffer.from(text).toString('base64') } });
    expect(await revealed(secrets.source.read)).toEqual(['p-secret', undefined]);
  });

  it.each([
    [{ clientSecret: 's1', previousClientSecret: 's0' }, false],
    [{ clientSecret: 's1', previous_client_secret: 's0' }, true],
    [{ clientSecret: 's1', previousClientSecret: ['s0'] }, true],
    [{ clientSecret: 's1', previousClientSecret: '…' }, true],
    ['p-secret', false],
  ])('in %j has members that the vault does not use: %s', async (value, hasUnusedMembers) => {
    await using secrets = await withSecrets(holding(value));
    const found = await secrets.inspect();
    expect(found).toMatchObject({ kind: 'stored', hasUnusedMembers });
    if (hasUnusedMembers) expect(found).not.toHaveProperty('secrets.previous');
  });

  const UNREADABLE = [
    ['"p-secret"', 'quotes-kept'],
    [`'p-secret'`, 'quotes-kept'],
    ['“p-secret”', 'quotes-kept'],
    [`'{"clientSecret":"p-secret"}'`, 'quotes-kept'],
    [`'{clientSecret:p-secret}'`, 'quotes-kept'],
    ['{clientSecret:p-secret}', 'quotes-lost'],
    ['{ clientSecret: p-secret }', 'quotes-lost'],
    [`{'clientSecret':'p-secret'}`, 'quotes-lost'],
    ['{\\"clientSecret\\":\\"p-secret\\"}', 'quotes-lost'],
    ['{"client_secret":"p-secret"}', 'other-name'],
    ['{"client-secret":"p-secret"}', 'other-name'],
    ['{"CLIENT_SECRET":"p-secret"}', 'other-name'],
    ['["p-secret"]', 'malformed'],
    ['{"clientSecret":7}', 'malformed'],
    ['{"clientSecret":"p-secret', 'malformed'],
    ['p-secret p-secret', 'malformed'],
    ['short', 'malformed'],
    ['p-secret\np-secret', 'malformed'],
    ['clientSecret=p-secret', 'malformed'],
    ['client_secret: p-secret', 'malformed'],
    ['{"clientSecret":{"value":"p-secret"}}', 'malformed'],
    ['{"clientSecret":["p-secret"]}', 'malformed'],
    [`p-secret${'s'.repeat(1_024)}`, 'malformed'],
    ['{"adobeClientSecret":"p-secret"}', 'other-name'],
    ['{"clientSecret":"","secret":"p-secret"}', 'other-name'],
    [`{"clientSecret":"'p-secret'"}`, 'quotes-kept'],
    [String.raw`{"clientSecret":"\"p-secret\""}`, 'quotes-kept'],
    ['{“clientSecret”:“p-secret”}', 'quotes-lost'],
    ['{"clientSecret":"…"}', 'other-characters'],
    ['{"clientSecret":"p-secret\\np-secret"}', 'other-characters'],
    ['{"clientSecret":"p-sécret"}', 'other-characters'],
    [`{"clientSecret":"p-secret${'s'.repeat(1_024)}"}`, 'other-characters'],
  ] as const;

  it.each(UNREADABLE)('stored as %s is not configured, and is known as %s', async (value, kind) => {
    await using secrets = await withSecrets(holding(value));
    expect(await secrets.source.read()).toBe('not-configured');
    expect(await secrets.inspect()).toEqual({ kind });
  });

  it.each(UNREADABLE)('that was read before stays in use when %s replaces it', async (value) => {
    await using secrets = await withSecrets(holding({ clientSecret: 's1' }), holding(value), holding(value));
    await secrets.source.read();
    secrets.pass(60_000);
    expect(await revealed(secrets.source.read)).toEqual(['s1', undefined]);
    const fault = await secrets.source.read({ fresh: true }).catch((error: unknown) => error);
    expect(fault).toMatchObject({ code: 'SECRET_UNAVAILABLE', reason: 'malformed' });
    expect(inspect(fault, { depth: 9 })).not.toContain('p-secret');
  });

  it('that is scheduled for deletion has a value, and the error says how to restore it', async () => {
    await using secrets = await withSecrets({ error: 'InvalidRequestException' });
    await expect(secrets.source.read()).rejects.toMatchObject({
      code: 'SECRET_UNAVAILABLE',
      reason: 'InvalidRequestException',
      message: expect.stringContaining('aws secretsmanager restore-secret'),
    });
    await expect(secrets.cookieKeys.read()).rejects.toMatchObject({ reason: 'InvalidRequestException' });
  });

  it('is kept in memory for its time', async () => {
    await using secrets = await withSecrets(holding({ clientSecret: 's1' }), holding({ clientSecret: 's2' }));
    await secrets.source.read();
    secrets.pass(59_999);
    expect(await revealed(secrets.source.read)).toEqual(['s1', undefined]);
    secrets.pass(1);
    expect(await revealed(secrets.source.read)).toEqual(['s2', undefined]);
  });

  it('is read again when asked for', async () => {
    await using secrets = await withSecrets(holding({ clientSecret: 's1' }), holding({ clientSecret: 's2' }));
    await secrets.source.read();
    expect(await revealed(secrets.source.read, true)).toEqual(['s2', undefined]);
    expect(await revealed(secrets.source.read)).toEqual(['s2', undefined]);
  });

  it('is read once for callers that come together', async () => {
    await using secrets = await withSecrets(holding({ clientSecret: 's1' }));
    await Promise.all([secrets.source.read(), secrets.source.read(), secrets.source.read()]);
    expect(secrets.requests).toHaveLength(1);
  });

  it('still serves when its time is over and Secrets Manager is down, unless a fresh one is asked for', async () => {
    await using secrets = await withSecrets(
      holding({ clientSecret: 's1' }),
      ...[unavailable, unavailable, unavailable, unavailable],
    );
    await secrets.source.read();
    secrets.pass(60_000);
    expect(await revealed(secrets.source.read)).toEqual(['s1', undefined]);
    await expect(secrets.source.read({ fresh: true })).rejects.toMatchObject({ code: 'SECRET_UNAVAILABLE' });
  });

  it('that may not be read is a missing permission', async () => {
    await using secrets = await withSecrets({ error: 'AccessDeniedException' });
    await expect(secrets.source.read()).rejects.toMatchObject({ code: 'ACCESS_DENIED' });
  });
});

describe('the cookie key', () => {
  const current = 'c'.repeat(43);

  it('is read with the one before it', async () => {
    await using secrets = await withSecrets(holding({ current, previous: 'p'.repeat(43) }));
    const keys = await secrets.cookieKeys.read();
    expect([keys.current.reveal(), keys.previous?.reveal()]).toEqual([current, 'p'.repeat(43)]);
  });

  it('is read again when asked for, but for any number of forged cookies no more than every ten seconds', async () => {
    const [next, last] = ['n'.repeat(43), 'l'.repeat(43)];
    await using secrets = await withSecrets(
      holding({ current }),
      holding({ current: next, previous: current }),
      holding({ current: last, previous: next }),
    );
    const fresh = async () => (await secrets.cookieKeys.read({ fresh: true })).current.reveal();
    await secrets.cookieKeys.read();
    // A process that has only just started may have read the key a moment before it was replaced.
    expect(await fresh()).toBe(next);
    secrets.pass(9_999);
    expect(await fresh()).toBe(next);
    secrets.pass(1);
    expect(await fresh()).toBe(last);
    expect(secrets.requests).toHaveLength(3);
  });

  it('alone is enough', async () => {
    await using secrets = await withSecrets(holding({ current }));
    expect(Object.keys(await secrets.cookieKeys.read())).toEqual(['current']);
  });

  it.each([{}, { current: '' }, { current: 'short' }, { previous: current }])(
    'is not taken from %j',
    async (value) => {
      await using secrets = await withSecrets(holding(value));
      await expect(secrets.cookieKeys.read()).rejects.toMatchObject({ reason: 'malformed' });
    },
  );
});
