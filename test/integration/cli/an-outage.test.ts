import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { doctorPolicy } from '../../../cli/commands/doctor-command.ts';
import type { Finding } from '../../../cli/doctor/finding.ts';
import { createBreakerStore } from '../../../functions/adapters/dynamodb/breaker-store.ts';
import { createDynamoDbClient } from '../../../functions/adapters/dynamodb/dynamodb-client.ts';
import { NO_GRANT } from '../../../functions/adapters/ims/ims-client.ts';
import { type CommandEnding, runCommand } from '../../support/cli/run-command.ts';
import { startVaultWorld, type VaultWorld } from '../../support/vault/vault-world.ts';

const SECOND_MS = 1_000;
const MINUTE_MS = 60 * SECOND_MS;
const VAULT = 'AdobeTokenVault';
const DAY_MS = 86_400_000;

/** Eight days in which the token endpoint answers 503, over a connection that became due in that time. */
describe('Operators, after eight days of 503', () => {
  let world: VaultWorld;
  let endOutage: () => void;
  /** Every refresh token that reached Adobe, by the time of its post. */
  const posted: { readonly token: string; readonly atMs: number }[] = [];

  beforeAll(async () => {
    world = await startVaultWorld({
      cdkOut: inject('cdkOut'),
      onImsArrival: ({ form }) => {
        const token = form.get('refresh_token');
        if (token !== null) posted.push({ token, atMs: world.clock.nowMs() });
      },
    });
    await world.connect('demo.alice', 'alice');
    endOutage = world.ims.faults.always({ kind: 'unavailable' });
    await world.passDays(8);
    await openOutageBreaker(world);
  });
  afterAll(() => world.stop());

  const run = (...argv: string[]): Promise<CommandEnding> => {
    const apiId = world.stack.outputs[VAULT]?.ApiId ?? '';
    const policy = doctorPolicy({ stack: VAULT, vault: VAULT, region: 'us-east-1', apiId });
    const credentials =
      argv[0] === 'doctor'
        ? world.stack.iam.addOperator('Doctor', policy)
        : world.stack.iam.addOperator('Reader', READER);
    return runCommand([...argv, '--endpoint', world.stack.awsEndpointUrl], {
      credentials: async () => credentials,
      fetch,
      nowMs: () => world.clock.nowMs(),
    });
  };
  const findings = async () => (await run('doctor', '--json')).document.findings as readonly Finding[];

  it('doctor finds the breaker, the token endpoint, the late connections, and exits with 1', async () => {
    const ending = await run('doctor');
    expect(ending.code).toBe(1);
    const found = (await findings()).filter(({ level }) => level === 'error');
    expect(found.map(({ check }) => check)).toEqual(
      expect.arrayContaining(['breakers', 'connections', 'token-endpoint']),
    );
    const messages = Object.fromEntries(found.map(({ check, message }) => [check, message]));
    expect(messages.breakers).toMatch(/outage breaker is open since 20.*reason: unknown outcomes/);
    expect(messages.connections).toMatch(/1 connection: 1 active\. 1 is late.*first grant is lost in [56] d/);
    expect(messages['token-endpoint']).toMatch(/does not answer \(server-error\).*1 lost \(server-error\)/);
    expect(found.every(({ remedy = '' }) => remedy !== '')).toBe(true);
  });

  it('show, list and why say what fails, since when, and what comes next', async () => {
    const late = await run('list');
    expect(late.stdout).toMatch(/LATE by \d+ h/);
    const printed = (await run('show', 'demo.alice')).stdout;
    expect(printed).toMatch(/last error +server-error, \d+ tr/);
    expect(printed).toMatch(/next try +20\S+ \(in [^)]+\)/);
    const why = await run('why', 'demo.alice');
    expect(why.code).toBe(0);
    expect(why.stdout.trim().split('\n').length).toBeLessThanOrEqual(5);
    expect(why.stdout).toMatch(/breaker is open|brought no tokens/);
    expect((await run('why', 'demo.alice', '--json')).document).toMatchObject({
      connectionId: 'demo.alice',
      state: 'active',
      next: expect.stringMatching(/tries again in/),
    });
  });

  it('after Adobe is back, a read works within a minute, and no grant was posted to find out', async () => {
    const before = posted.length;
    const client = world.clientAs('LightroomReaderRole');
    const reads = () => client.getAccessToken('demo.alice').then(Boolean, () => false);
    expect(await reads()).toBe(false);
    expect(posted.slice(before).map(({ token }) => token)).toEqual([NO_GRANT.reveal()]);
    endOutage();
    const backMs = world.clock.nowMs();
    while (!(await reads())) {
      expect(world.clock.nowMs() - backMs).toBeLessThanOrEqual(MINUTE_MS);
      await world.stack.time.advanceBy(10 * SECOND_MS);
    }
    expect(world.clock.nowMs() - backMs).toBeLessThanOrEqual(MINUTE_MS);
  });
});

/** One connection alone opens no breaker: the trouble could be its own. */
async function openOutageBreaker({ stack, clock }: VaultWorld): Promise<void> {
  const allowed = { Effect: 'Allow', Action: 'dynamodb:*', Resource: '*' };
  const credentials = stack.iam.addOperator('Writer', { Version: '2012-10-17', Statement: [allowed] });
  const { EPHEMERAL_TABLE: tableName = '' } = stack.functions.get(`${VAULT}-rotate`).definition.environment;
  const client = createDynamoDbClient(
    { callTimeoutMs: 5_000, maxAttempts: 1 },
    {
      endpoint: stack.awsEndpointUrl,
      region: 'us-east-1',
      credentials,
      systemClockOffset: clock.nowMs() - Date.now(),
    },
  );
  const store = createBreakerStore({ client, tableName });
  const nowMs = clock.nowMs();
  const open = { openedAtMs: nowMs - 8 * DAY_MS, openUntilMs: nowMs + 20 * MINUTE_MS, reopened: 4 };
  const outage = { reason: 'unknown outcomes', ...open };
  expect(await store.write({ ...(await store.read()), outage })).toBe('written');
}

const READER = {
  Version: '2012-10-17',
  Statement: [
    {
      Effect: 'Allow',
      Action: ['cloudformation:DescribeStacks', 'execute-api:Invoke', 'lambda:GetFunctionConfiguration'],
      Resource: '*',
    },
  ],
};
