import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { doctorPolicy } from '../../../cli/commands/doctor-command.ts';
import type { Finding } from '../../../cli/doctor/finding.ts';
import { runCommand } from '../../support/cli/run-command.ts';
import { CLIENT_SECRET, startVaultWorld, type VaultWorld } from '../../support/vault/vault-world.ts';

const HOUR_MS = 3_600_000;
const VAULT = 'AdobeTokenVault';
/** No server listens there. */
const CLOSED_PORT = 'http://127.0.0.1:65500';

/** Does damage, and answers how to undo it. */
type Plant = (world: VaultWorld) => (() => unknown) | Promise<() => unknown>;

const PLANTED: readonly (readonly [fault: string, check: Finding['check'], plant: Plant])[] = [
  ['a client secret without a value', 'client-secret', (world) => secretIs(world, '')],
  [
    'a client secret without JSON that Adobe does not know',
    'client-secret',
    (world) => secretIs(world, 'p8e-only-the-secret'),
  ],
  [
    'a client secret that Adobe does not know',
    'client-secret',
    (world) => secretIs(world, JSON.stringify({ clientSecret: 'p8e-of-last-year' })),
  ],
  ['a disabled key', 'refresh-key', keyIsDisabled],
  ['a key policy that lets others open refresh tokens', 'refresh-key', othersMayOpen],
  ['a KMS grant past the policy', 'access-key', grantIsMade],
  [
    'point-in-time recovery that was switched off',
    'connections-table',
    (world) => tableIs(world, { pointInTimeRecovery: false }, { pointInTimeRecovery: true }),
  ],
  [
    'deletion protection that was switched off',
    'connections-table',
    (world) => tableIs(world, { deletionProtection: false }, { deletionProtection: true }),
  ],
  ['a deleted group of schedules', 'schedule-group', schedulesAreGone],
  ['an alias that was deleted', 'live-alias', aliasIsGone],
  ['scopes without offline_access', 'scopes', (world) => variableIs(world, 'authorize', 'SCOPES', 'openid')],
  [
    'another redirect URI than the stack says',
    'redirect-uri',
    (world) => variableIs(world, 'callback', 'CALLBACK_URL', 'https://old.example.com/callback'),
  ],
  ['an Adobe out of reach', 'adobe', (world) => variableIs(world, 'rotate', 'IMS_BASE_URL', CLOSED_PORT)],
  ['a reconciler that nothing runs', 'reconciler-schedule', reconcilerIsNotRun],
  [
    'a reconciler that no longer runs',
    'reconciler-heartbeat',
    async (world) => {
      const undo = reconcilerIsNotRun(world);
      await world.stack.time.advanceBy(4 * HOUR_MS);
      return undo;
    },
  ],
];

describe('adobe-token-vault doctor', () => {
  let world: VaultWorld;
  let credentials: { accessKeyId: string; secretAccessKey: string };
  beforeAll(async () => {
    world = await startVaultWorld({ cdkOut: inject('cdkOut') });
    // What it prints for its operator is all that it has.
    const apiId = world.stack.outputs[VAULT]?.ApiId ?? '';
    const policy = doctorPolicy({ stack: VAULT, vault: VAULT, region: 'us-east-1', apiId });
    credentials = world.stack.iam.addOperator('Doctor', policy);
    await world.stack.time.advanceBy(1.1 * HOUR_MS);
  });
  afterAll(() => world.stop());

  const doctor = async (as: () => typeof credentials = () => credentials) => {
    const ending = await runCommand(['doctor', '--json', '--endpoint', world.stack.awsEndpointUrl], {
      credentials: async () => as(),
      fetch,
      nowMs: () => world.clock.nowMs(),
    });
    return { ...ending, findings: ending.document.findings as readonly Finding[] };
  };

  it('reports a healthy vault as healthy, and needs only the permissions that it names', async () => {
    const { code, findings, document } = await doctor();
    expect(findings.filter(({ level }) => level !== 'ok')).toEqual([]);
    expect({ code, healthy: document.healthy }).toEqual({ code: 0, healthy: true });
    expect(
      world.stack.iam
        .denied()
        .filter(({ principal }) => 'roleName' in principal && principal.roleName === 'Doctor'),
    ).toEqual([]);
  });

  it.each(PLANTED)('finds %s, and says how to fix it', async (_, check, plant) => {
    const undo = await plant(world);
    const { code, findings } = await doctor();
    await undo();
    expect(code).toBe(1);
    expect(findings).toContainEqual({
      check,
      level: 'error',
      message: expect.any(String),
      remedy: expect.any(String),
    });
  });

  it('warns of a member next to the client secret that the vault does not use', async () => {
    const undo = secretIs(world, JSON.stringify({ clientSecret: CLIENT_SECRET, previous: 'p8e-last-year' }));
    const { findings } = await doctor();
    undo();
    expect(findings).toContainEqual(expect.objectContaining({ check: 'client-secret', level: 'warning' }));
    expect(JSON.stringify(findings)).not.toContain('p8e-');
  });

  it('reports a check that it has no permission for as unknown, not as well', async () => {
    const { code, findings } = await doctor(() => world.stack.iam.addOperator('FindsOnly', FINDS_ONLY));
    expect(code).toBe(3);
    expect(
      new Set(findings.filter(({ check }) => check.endsWith('-table')).map(({ level }) => level)),
    ).toEqual(new Set(['unknown']));
  });

  it('prints no secret', async () => {
    const { stdout } = await doctor();
    for (const secret of ['p8e-test_client-secret-of-the-stand-in', credentials.secretAccessKey]) {
      expect(stdout).not.toContain(secret);
    }
  });
});

const FINDS_ONLY = {
  Version: '2012-10-17',
  Statement: [
    {
      Effect: 'Allow',
      Action: ['cloudformation:DescribeStacks', 'lambda:GetFunctionConfiguration', 'lambda:GetAlias'],
      Resource: '*',
    },
  ],
};

function variablesOf(world: VaultWorld, name: string): Record<string, string> {
  return world.stack.functions.get(`${VAULT}-${name}`).definition.environment;
}

function variableIs(world: VaultWorld, of: string, name: string, value: string): () => void {
  const variables = variablesOf(world, of);
  const before = variables[name] ?? '';
  variables[name] = value;
  return () => {
    variables[name] = before;
  };
}

function secretIs(world: VaultWorld, value: string): () => void {
  world.stack.secrets.put(world.stack.outputs[VAULT]?.ClientSecretName ?? '', value);
  return () => world.fillClientSecret();
}

type Protection = Parameters<VaultWorld['stack']['dynamodb']['protect']>[1];

function tableIs(world: VaultWorld, changed: Protection, before: Protection): () => void {
  const { CONNECTIONS_TABLE = '' } = variablesOf(world, 'rotate');
  world.stack.dynamodb.protect(CONNECTIONS_TABLE, changed);
  return () => world.stack.dynamodb.protect(CONNECTIONS_TABLE, before);
}

function keyIsDisabled({ stack }: VaultWorld): () => void {
  const { REFRESH_KEY_ARN = '' } = stack.functions.get(`${VAULT}-rotate`).definition.environment;
  stack.kms.setKeyState(REFRESH_KEY_ARN, 'Disabled');
  return () => stack.kms.setKeyState(REFRESH_KEY_ARN, 'Enabled');
}

function othersMayOpen(world: VaultWorld): () => void {
  const { REFRESH_KEY_ARN = '' } = variablesOf(world, 'rotate');
  const { keyPolicies } = world.stack.iam.directory;
  const before = keyPolicies.get(REFRESH_KEY_ARN) as { Statement: readonly { Sid: string }[] };
  const Statement = before.Statement.filter(({ Sid }) => Sid !== 'DenyOtherOpeners');
  keyPolicies.set(REFRESH_KEY_ARN, { ...before, Statement });
  return () => keyPolicies.set(REFRESH_KEY_ARN, before);
}

function grantIsMade(world: VaultWorld): () => void {
  const { ACCESS_KEY_ARN = '' } = variablesOf(world, 'rotate');
  const granteePrincipal = 'arn:aws:iam::123456789012:role/Another';
  world.stack.kms.setGrants(ACCESS_KEY_ARN, [{ granteePrincipal, operations: ['Decrypt'] }]);
  return () => world.stack.kms.setGrants(ACCESS_KEY_ARN, []);
}

function schedulesAreGone({ stack }: VaultWorld): () => void {
  stack.scheduler.deleteGroup(VAULT);
  return () => stack.scheduler.createGroup(VAULT);
}

function aliasIsGone({ stack }: VaultWorld): () => void {
  const { aliases } = stack.functions.get(`${VAULT}-rotate`).definition;
  const before = aliases.splice(0);
  return () => aliases.push(...before);
}

function reconcilerIsNotRun({ stack }: VaultWorld): () => void {
  const group = `${VAULT}-reconcile`;
  const earlier = stack.scheduler.schedules().filter(({ groupName }) => groupName === group);
  stack.scheduler.deleteGroup(group);
  return () => {
    stack.scheduler.createGroup(group);
    for (const { name, definition } of earlier) stack.scheduler.createSchedule(group, name, definition);
  };
}
