import { afterAll, beforeAll, describe, expect, inject, it, vi } from 'vitest';
import { STEP_NAMES, type StepName, type VerifiedStep } from '../../../cli/verify/verification.ts';
import type { AlarmState } from '../../../local/aws/cloudwatch/alarm-states.ts';
import { createVerifyWorld } from '../../support/cli/verify-world.ts';
import { startVaultWorld, type VaultWorld } from '../../support/vault/vault-world.ts';
import { withoutStatement } from '../../support/vault/withdraw-permission.ts';

const VAULT = 'AdobeTokenVault';
const HOUR_MS = 3_600_000;

/** Does damage, and answers how to undo it. */
type Plant = (world: VaultWorld) => () => unknown;

/** These steps need no connection. */
const OF_THE_ACCOUNT: readonly StepName[] = [
  'doctor',
  'quotas',
  'log-groups',
  'alarm-topic',
  'reconciler',
  'alarms',
];

const PLANTED_IN_THE_ACCOUNT: readonly (readonly [fault: string, step: StepName, plant: Plant])[] = [
  ['a client secret without a value', 'doctor', secretIsEmpty],
  ['few concurrent executions', 'quotas', concurrencyIsLow],
  ['a quota of few schedules', 'quotas', schedulesAreFew],
  ['a log group that keeps its lines for ever', 'log-groups', logsAreKeptForEver],
  ['a log group that was deleted', 'log-groups', logGroupIsGone],
  ['a topic without a subscriber', 'alarm-topic', topicHasNoSubscriber],
  ['a reconciler that fails', 'reconciler', (world) => lacks(world, 'reconcile', 'OverdueConnections')],
  ['an alarm that was deleted', 'alarms', (world) => alarmsAre(world, ([, ...others]) => others)],
  ['an alarm that fires', 'alarms', (world) => alarmsAre(world, firstFires)],
  ['an alarm that notifies no topic', 'alarms', (world) => alarmsAre(world, firstIsSilent)],
];

/** One at a time would be one walk for each. None of them hides another. */
const PLANTED_ON_THE_WALK: readonly (readonly [step: StepName, plant: Plant])[] = [
  ['rotation', refreshIsRefused],
  ['disconnect', revocationFails],
  ['logged-secrets', tokenIsLogged],
  ['permissions', (world) => lacks(world, 'consents', 'PublishEvents')],
];

const outcomes = (steps: readonly VerifiedStep[], outcome: VerifiedStep['outcome']) =>
  steps.filter((step) => step.outcome === outcome).map(({ step }) => step);

describe('adobe-token-vault verify', () => {
  let world: VaultWorld;
  let verifying: ReturnType<typeof createVerifyWorld>;
  beforeAll(async () => {
    world = await startVaultWorld({ cdkOut: inject('cdkOut') });
    verifying = createVerifyWorld(world);
    await world.connect('demo.present', 'bob');
    world.ims.profile({ authorize: { automatic: { user: 'alice', decision: 'approve' } } });
    await world.stack.time.advanceBy(1.1 * HOUR_MS);
  });
  afterAll(() => world.stop());

  const connections = async () =>
    (await world.itemsOf('CONNECTIONS_TABLE')).map(({ connectionId, state }) => [connectionId?.S, state?.S]);

  it('sees every step hold on a healthy vault, with the permissions that it names, and ends its connection', async () => {
    const { code, ending } = await verifying.verify({ argv: ['--refused-profile', 'reader'] });
    const lines = ending.stdout.split('\n').filter((line) => line !== '');
    expect(lines.at(-1)).toBe(`All ${STEP_NAMES.length} steps were seen to hold.`);
    expect(lines.slice(0, -1).map((line) => line.split(/ +/).slice(0, 2))).toEqual(
      STEP_NAMES.map((name) => ['held', name]),
    );
    expect(code).toBe(0);
    const isVerifier = (principal: object) => 'roleName' in principal && principal.roleName === 'Verifier';
    expect(world.stack.iam.denied().filter(({ principal }) => isVerifier(principal))).toEqual([]);
    expect(await connections()).toEqual(
      expect.arrayContaining([
        ['demo.present', 'active'],
        [expect.stringMatching(/^deployment-check\.[0-9a-f]{24}$/), 'disconnected'],
      ]),
    );
  });

  it.each(PLANTED_IN_THE_ACCOUNT)('finds %s, and says so in that step alone', async (_, step, plant) => {
    const undo = plant(world);
    const { code, steps } = await verifying.verify({ only: OF_THE_ACCOUNT });
    await undo();
    expect(outcomes(steps(), 'failed')).toEqual([step]);
    expect(outcomes(steps(), 'held')).toEqual(OF_THE_ACCOUNT.filter((name) => name !== step));
    expect(steps().find((result) => result.step === step)).toHaveProperty('remedy', expect.any(String));
    expect(code).toBe(1);
  });

  it('finds each fault on the walk in its own step', async () => {
    const undo = PLANTED_ON_THE_WALK.map(([, plant]) => plant(world));
    const { code, ending, steps } = await verifying.verify({
      argv: ['--json', '--refused-profile', 'admin'],
    });
    for (const back of undo) await back();
    expect(outcomes(steps(), 'failed')).toEqual(
      STEP_NAMES.filter((name) => name === 'refusal' || PLANTED_ON_THE_WALK.some(([step]) => step === name)),
    );
    expect(outcomes(steps(), 'not-run')).toEqual([]);
    expect(code).toBe(1);
    expect(ending.stdout).not.toMatch(/eyJ|connection_code/);
  });
});

const roleOf = ({ stack }: VaultWorld, name: string) =>
  stack.iam.role(stack.functions.get(`${VAULT}-${name}`).definition.roleArn);

const lacks = (world: VaultWorld, name: string, sid: string) => withoutStatement(roleOf(world, name), sid);

function secretIsEmpty(world: VaultWorld): () => void {
  world.stack.secrets.put(world.stack.outputs[VAULT]?.ClientSecretName ?? '', '');
  return () => world.fillClientSecret();
}

function concurrencyIsLow({ stack: { account } }: VaultWorld): () => void {
  const before = account.concurrency;
  account.concurrency = { limit: 10, unreserved: 10 };
  return () => {
    account.concurrency = before;
  };
}

function schedulesAreFew({ stack: { account } }: VaultWorld): () => void {
  const before = account.quotas.get('scheduler') ?? {};
  account.quotas.set('scheduler', { ...before, 'Number of schedules': 1_000 });
  return () => account.quotas.set('scheduler', before);
}

function aLogGroup({ stack: { logGroups } }: VaultWorld) {
  const [name = '', group = { name: '' }] = [...logGroups].find(([each]) => each.includes('Rotate')) ?? [];
  return { logGroups, name, group };
}

function logsAreKeptForEver(world: VaultWorld): () => void {
  const { logGroups, name, group } = aLogGroup(world);
  logGroups.set(name, { name });
  return () => logGroups.set(name, group);
}

function logGroupIsGone(world: VaultWorld): () => void {
  const { logGroups, name, group } = aLogGroup(world);
  logGroups.delete(name);
  return () => logGroups.set(name, group);
}

function topicHasNoSubscriber({ stack: { account, outputs } }: VaultWorld): () => void {
  const topic = outputs[VAULT]?.AlarmTopicArn ?? '';
  account.subscriptions.set(topic, ['PendingConfirmation']);
  return () => account.subscriptions.delete(topic);
}

function alarmsAre(
  { stack: { alarms } }: VaultWorld,
  change: (states: readonly AlarmState[]) => readonly AlarmState[],
): () => void {
  const now = alarms.now.bind(alarms);
  const spy = vi.spyOn(alarms, 'now').mockImplementation(() => change(now()));
  return () => spy.mockRestore();
}

const firstFires = ([first, ...others]: readonly AlarmState[]): readonly AlarmState[] =>
  first === undefined ? [] : [{ ...first, state: 'ALARM' }, ...others];

const firstIsSilent = ([first, ...others]: readonly AlarmState[]): readonly AlarmState[] =>
  first === undefined ? [] : [{ ...first, alarm: { ...first.alarm, actions: [] } }, ...others];

function refreshIsRefused({ ims }: VaultWorld): () => void {
  const refusal = { kind: 'error', status: 400, body: { error: 'invalid_grant' } } as const;
  return ims.faults.always(refusal, { grantType: 'refresh_token', user: 'alice' });
}

function revocationFails({ ims }: VaultWorld): () => void {
  return ims.faults.always({ kind: 'unavailable' }, { endpoint: 'revoke' });
}

function tokenIsLogged({ stack: { logs, clock } }: VaultWorld): () => void {
  const token = 'eyJhbGciOiJSUzI1NiJ9eyJhbGciOiJSUzI1NiJ9.eyJpZCI6IjEyMyJ9.c2lnbmF0dXJl';
  const line = { functionName: `${VAULT}-rotate`, requestId: undefined, stream: 'stdout' } as const;
  const stop = logs.onLine(({ functionName }) => {
    stop();
    if (functionName !== '') logs.write({ ...line, atMs: clock.nowMs(), text: `received ${token}` });
  });
  return stop;
}
