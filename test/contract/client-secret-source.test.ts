import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { createSecretsClient } from '../../functions/adapters/aws/clients.ts';
import { createClientSecretSource } from '../../functions/adapters/secrets-manager/client-secret-source.ts';
import type { ClientSecretSource, ClientSecrets, SecretReading } from '../../functions/core/ports/ims.ts';
import { Secret } from '../../functions/core/secret.ts';
import { createSecretsManagerService } from '../../local/aws/secrets-manager-service.ts';
import { createFakeClientSecretSource } from '../support/fakes/fake-client-secret-source.ts';
import { createManualClock } from '../support/fakes/manual-clock.ts';
import { ACCOUNT_ID, REGION, startStandIns } from './aws-stand-ins.ts';

interface Configuration {
  readonly source: ClientSecretSource;
  /** What the operator does. */
  store(current: string, previous?: string): void;
  /** The memory of the source runs out. */
  forget(): void;
  /** So long that the secret may be looked at again. */
  passSeconds(seconds: number): void;
}

const IMPLEMENTATIONS = [
  { name: 'in memory', start: async () => ({ fresh: inMemory, stop: async () => undefined }) },
  { name: 'in Secrets Manager', start: inSecretsManager },
];

function inMemory(): Configuration {
  const source = createFakeClientSecretSource('not-configured');
  return {
    source,
    store: (current, previous) =>
      source.store({
        current: new Secret(current),
        ...(previous === undefined ? {} : { previous: new Secret(previous) }),
      }),
    forget: source.forget,
    passSeconds: () => undefined,
  };
}

async function inSecretsManager(): Promise<{ fresh: () => Configuration; stop: () => Promise<void> }> {
  const nowMs = () => Date.now();
  const service = createSecretsManagerService({ secrets: [], accountId: ACCOUNT_ID, region: REGION, nowMs });
  const standIns = await startStandIns({ services: [service] });
  const client = createSecretsClient(standIns.clientConfig);
  let made = 0;
  const fresh = (): Configuration => {
    made += 1;
    const name = `client-secret-${made}`;
    const secretArn = `arn:aws:secretsmanager:${REGION}:${ACCOUNT_ID}:secret:${name}-a1B2c3`;
    service.addSecret({ name, secretArn });
    const clock = createManualClock();
    return {
      source: createClientSecretSource({ client, secretId: secretArn, cacheMs: 300_000, clock }),
      store: (clientSecret, previousClientSecret) =>
        service.putSecretString(secretArn, JSON.stringify({ clientSecret, previousClientSecret })),
      forget: () => clock.advance(300_000),
      passSeconds: (seconds) => clock.advance(seconds * 1_000),
    };
  };
  return { fresh, stop: standIns.stop };
}

describe.each(IMPLEMENTATIONS)('the client secret $name', ({ start }) => {
  let configuration: Configuration;
  let fresh: () => Configuration;
  let stop: () => Promise<void>;

  beforeAll(async () => {
    ({ fresh, stop } = await start());
  });
  beforeEach(() => {
    configuration = fresh();
  });
  afterAll(() => stop());

  const read = async (options?: SecretReading) => revealed(await configuration.source.read(options));

  test('is not configured until the operator fills it in, and is then seen at once', async () => {
    expect(await read()).toBe('not-configured');
    configuration.store('one');
    expect(await read()).toEqual(['one']);
  });

  test('may come with a previous secret', async () => {
    configuration.store('two', 'one');
    expect(await read()).toEqual(['two', 'one']);
  });

  test('is remembered for a while, and read again when asked for a fresh one or after that', async () => {
    configuration.store('one');
    expect(await read()).toEqual(['one']);
    configuration.store('two', 'one');
    expect(await read()).toEqual(['one']);
    expect(await read({ fresh: true })).toEqual(['two', 'one']);
    expect(await read()).toEqual(['two', 'one']);
    configuration.store('three');
    configuration.forget();
    expect(await read()).toEqual(['three']);
  });

  test('is read again when the caller requires it', async () => {
    configuration.store('one');
    expect(await read()).toEqual(['one']);
    configuration.store('two');
    expect(await read({ recheck: true })).toEqual(['two']);
    expect(await read()).toEqual(['two']);
    configuration.store('three');
    expect(await read({ recheck: true })).toEqual(['three']);
  });

  test('has a version that changes with each value that is stored, and with nothing else', async () => {
    const versionId = async () => {
      const secrets = await configuration.source.read({ fresh: true });
      return secrets === 'not-configured' ? secrets : secrets.versionId;
    };
    configuration.store('one');
    const [first, again] = [await versionId(), await versionId()];
    configuration.store('two', 'one');
    const second = await versionId();
    expect(first).not.toBe('');
    expect(again).toBe(first);
    expect(second).not.toBe(first);
  });
});

test('Secrets Manager is asked at most five times in five seconds by requests that look at the secret again', async () => {
  const { fresh, stop } = await inSecretsManager();
  const { source, store, passSeconds } = fresh();
  store('one');
  const read = async () => revealed(await source.read({ recheck: true }));
  for (let looks = 0; looks < 5; looks += 1) expect(await read()).toEqual(['one']);
  store('two');
  passSeconds(4);
  expect(await read()).toEqual(['one']);
  passSeconds(1);
  expect(await read()).toEqual(['two']);
  await stop();
});

function revealed(secrets: ClientSecrets | 'not-configured'): string | string[] {
  if (secrets === 'not-configured') return secrets;
  return [secrets.current, ...(secrets.previous === undefined ? [] : [secrets.previous])].map((secret) =>
    secret.reveal(),
  );
}
