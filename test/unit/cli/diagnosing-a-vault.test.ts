import { describe, expect, it } from 'vitest';
import { registration } from '../../../cli/doctor/checks/check-credential.ts';
import { diagnoseVault } from '../../../cli/doctor/diagnose-vault.ts';
import type { Finding, Known } from '../../../cli/doctor/finding.ts';
import { VAULT_FUNCTIONS, type VaultFacts } from '../../../cli/doctor/vault-facts.ts';
import { FUNCTION_NAMES } from '../../../lib/packaging/function-names.ts';
import { CONTEXT_DEMANDED, healthyFacts, OTHERS_DENIED } from './healthy-facts.ts';

function known<Value>(value: Value) {
  return { known: true, value } as const;
}

const notKnown = { known: false, why: 'you may not ask.' } as const;

type Change = Partial<VaultFacts>;
type Row = readonly [what: string, check: Finding['check'], level: Finding['level'], change: Change];

const { stack, functions, refreshKey, connectionsTable, accessTokensTable, api } = healthyFacts;

/** The same with another value of one member. */
function but<Value extends object>(facts: Known<Value | undefined>, change: Partial<Value>): Known<Value> {
  if (!facts.known || facts.value === undefined) throw new Error('Expected a fact that is known.');
  return known({ ...facts.value, ...change });
}

function rotateWith(variables: Record<string, string>): Change {
  return {
    functions: {
      ...functions,
      rotate: but(functions.rotate, { variables }),
    },
  };
}

const FAULTS: readonly Row[] = [
  [
    'an output is missing',
    'stack',
    'error',
    { stack: { ...stack, outputs: { ...stack.outputs, ApiUrl: '' } } },
  ],
  ['a deployment has failed', 'stack', 'error', { stack: { ...stack, status: 'UPDATE_ROLLBACK_FAILED' } }],
  ['the stack can be deleted', 'stack', 'warning', { stack: { ...stack, terminationProtection: false } }],
  ['a function is gone', 'functions', 'error', { functions: { ...functions, reconcile: known(undefined) } }],
  ['a function has another client id', 'functions', 'error', rotateWith({ CLIENT_ID: 'another' })],
  ['Adobe said nothing about the secret', 'client-secret', 'warning', { clientSecret: known('unclear') }],
  ...(['empty', 'other-name', 'quotes-kept', 'quotes-lost', 'other-characters', 'malformed'] as const).map(
    (fault): Row => [
      `the client secret is ${fault}`,
      'client-secret',
      'error',
      { clientSecret: known(fault) },
    ],
  ),
  [
    'the client secret has a member that the vault does not use',
    'client-secret',
    'warning',
    { clientSecret: known('accepted-in-part') },
  ],
  [
    'the client secret is scheduled for deletion',
    'client-secret',
    'error',
    { clientSecret: known('scheduled-for-deletion') },
  ],
  ['a key is not rotated', 'refresh-key', 'warning', { refreshKey: but(refreshKey, { rotating: false }) }],
  ['a table is gone', 'connections-table', 'error', { connectionsTable: known(undefined) }],
  [
    'an index is missing',
    'connections-table',
    'error',
    { connectionsTable: but(connectionsTable, { indexes: ['due'] }) },
  ],
  [
    'time to live is off',
    'access-tokens-table',
    'warning',
    { accessTokensTable: but(accessTokensTable, { timeToLiveAttribute: undefined }) },
  ],
  ['no connection has a schedule', 'schedule-group', 'warning', { schedules: known([]) }],
  ['the clock is minutes off', 'clock', 'error', { api: but(api, { clockAheadMs: -600_000 }) }],
  ['the clock is seconds off', 'clock', 'warning', { api: but(api, { clockAheadMs: 20_000 }) }],
  ['the API asks for no signature', 'api', 'error', { api: but(api, { status: 200 }) }],
  ['the API is out of reach', 'api', 'error', { api: notKnown }],
  ['Adobe is another', 'adobe', 'error', { adobe: known(undefined) }],
  ['the metrics cannot be read', 'reconciler-heartbeat', 'unknown', { reconcilerRuns: notKnown }],
];

describe('doctor, from the facts of a vault,', () => {
  it('reports one sentence for each check of a healthy vault', () => {
    const findings = diagnoseVault(healthyFacts);
    expect(findings.filter(({ level }) => level !== 'ok')).toEqual([]);
    expect(new Set(findings.map(({ check }) => check)).size).toBe(findings.length);
  });

  it.each(FAULTS)('%s: %s, %s', (_, check, level, change) => {
    const found = diagnoseVault({ ...healthyFacts, ...change }).filter((finding) => finding.level !== 'ok');
    expect(found.map((finding) => [finding.check, finding.level])).toContainEqual([check, level]);
    for (const { remedy } of found) {
      expect(remedy).toBeTruthy();
      // In an app of several stacks, the CDK wants to know which.
      expect(remedy).not.toContain('npx cdk deploy`');
    }
  });

  it.each<[string, Finding['check'], Change]>([
    ['function', 'functions', { functions: { ...functions, reconcile: known(undefined) } }],
    ['table', 'access-tokens-table', { accessTokensTable: known(undefined) }],
    ['key policy', 'refresh-key', { refreshKey: but(refreshKey, { policy: [] }) }],
  ])(
    'a %s that was changed by hand needs --revert-drift, for the template is the same',
    (_, check, change) => {
      const found = diagnoseVault({ ...healthyFacts, ...change }).filter(
        (finding) => finding.check === check,
      );
      expect(found[0]?.remedy).toContain('`npx cdk deploy <vault> --revert-drift`');
    },
  );
});

it('A deleted schedule group is fixed by a command that can be copied', () => {
  const findings = diagnoseVault({ ...healthyFacts, schedules: known(undefined) });
  const [found] = findings.filter(({ check }) => check === 'schedule-group');
  expect(found?.remedy).toContain(
    '`aws lambda invoke --function-name Vault-reconcile --cli-read-timeout 0 /dev/stdout`',
  );
});

it('Every function of the vault is looked at', () => {
  expect(VAULT_FUNCTIONS).toEqual(FUNCTION_NAMES);
});

describe('A key policy', () => {
  const classified = (...Statement: object[]) =>
    diagnoseVault({
      ...healthyFacts,
      refreshKey: known({ state: 'Enabled', rotating: true, policy: { Statement }, grants: [] }),
    }).filter(({ check, level }) => check === 'refresh-key' && level === 'error').length;

  const limited = (change: object) => ({ ...OTHERS_DENIED, ...change });

  it.each([
    ['is as the vault made it', 0, [OTHERS_DENIED, CONTEXT_DEMANDED]],
    ['denies nothing', 2, []],
    ['denies others only what is harmless', 1, [limited({ Action: 'kms:DescribeKey' }), CONTEXT_DEMANDED]],
    [
      'denies others only under one more condition',
      1,
      [
        limited({ Condition: { ...OTHERS_DENIED.Condition, Bool: { 'aws:SecureTransport': 'false' } } }),
        CONTEXT_DEMANDED,
      ],
    ],
    [
      'denies all but two roles',
      1,
      [
        limited({
          Condition: {
            ArnNotEquals: {
              'aws:PrincipalArn': ['arn:aws:iam::123456789012:role/Vault-rotate', 'arn:aws:iam::1:role/b'],
            },
          },
        }),
        CONTEXT_DEMANDED,
      ],
    ],
    [
      'denies one principal only',
      1,
      [limited({ Principal: { AWS: 'arn:aws:iam::1:role/b' } }), CONTEXT_DEMANDED],
    ],
    ['allows where it should deny', 1, [limited({ Effect: 'Allow' }), CONTEXT_DEMANDED]],
    ['lets requests without a connection pass', 1, [OTHERS_DENIED]],
  ])('that %s has %i faults', (_, faults, statements) => {
    expect(classified(...statements)).toBe(faults);
  });
});

describe('What to register with the credential', () => {
  it('is the redirect URI, and a pattern that matches it alone', () => {
    const { uri, pattern, problems } = registration(
      'https://a.example.com/callback',
      'https://ims-na1.adobelogin.com',
    );
    expect({ uri, pattern, problems }).toEqual({
      uri: 'https://a.example.com/callback',
      pattern: 'https://a\\.example\\.com/callback',
      problems: [],
    });
    expect(new RegExp(`^(?:${pattern})$`).test(uri)).toBe(true);
    expect(new RegExp(`^(?:${pattern})$`).test('https://aXexample.com/callback')).toBe(false);
  });

  it.each([
    ['http', 'http://a.example.com/callback'],
    ['http of this machine, at Adobe itself', 'http://127.0.0.1:8000/callback'],
    ['more than 256 characters', `https://a.example.com/${'x'.repeat(256)}`],
    ['a comma', 'https://a.example.com/a,b'],
  ])('is no URI with %s', (_, uri) => {
    expect(registration(uri, 'https://ims-na1.adobelogin.com').problems).toHaveLength(1);
  });

  it('may be http on this machine, for an IMS on this machine', () => {
    expect(registration('http://127.0.0.1:1/callback', 'http://127.0.0.1:2').problems).toEqual([]);
  });
});
