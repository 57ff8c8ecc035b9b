import { describe, expect, inject, it } from 'vitest';
import { createAuthorizer } from '../../local/aws/iam/authorizer.ts';
import type { IamDirectory } from '../../local/aws/iam-directory.ts';
import { readCloudAssembly } from '../../local/template/cloud-assembly.ts';
import { planDeployment } from '../../local/template/deployment.ts';
import { loadIamDirectory } from '../../local/template/load-iam.ts';
import { readTemplate, statementsIn } from '../support/synth/template.ts';

const template = readTemplate(inject('cdkOut'), 'AdobeTokenVault');
const directory = loadIamDirectory(
  planDeployment(readCloudAssembly(inject('cdkOut')), {
    place: { accountId: '111122223333', region: 'eu-west-1', partition: 'aws', urlSuffix: 'amazonaws.com' },
  }),
);
const ADMIN = 'Admin';
const FULL_CONTEXT = { connection: 'acme.user-1', clientId: 'test-client-id' };

/** The account of the vault, with a principal whose IAM policy allows everything. */
const authorizer = createAuthorizer(withAdmin(directory));

function keyOf(purpose: string) {
  const found = [...directory.keyPolicies].find(([, policy]) =>
    JSON.stringify(policy).includes(`"${purpose}"`),
  );
  if (found === undefined) throw new Error(`No key for ${purpose} tokens.`);
  return found[0];
}

function decide(roleName: string, action: string, purpose: string, context: Record<string, string>) {
  return authorizer.decide(
    { roleName },
    {
      action,
      resource: keyOf(purpose),
      context: Object.fromEntries(
        Object.entries(context).map(([key, value]) => [`kms:EncryptionContext:${key}`, value]),
      ),
    },
  );
}

describe('the refresh key', () => {
  const context = { ...FULL_CONTEXT, purpose: 'refresh' };

  it('opens for rotate', () => {
    expect(decide(roleNamed('Rotate'), 'kms:Decrypt', 'refresh', context)).toBe('Allowed');
  });

  it.each(['kms:Decrypt', 'kms:ReEncryptFrom', 'kms:ReEncryptTo'])(
    'refuses %s to an administrator whose IAM policy allows everything',
    (action) => {
      expect(decide(ADMIN, action, 'refresh', context)).toBe('ExplicitlyDenied');
    },
  );

  it('lets callback seal and not open', () => {
    expect(decide(roleNamed('Callback'), 'kms:GenerateDataKey', 'refresh', context)).toBe('Allowed');
    expect(decide(roleNamed('Callback'), 'kms:Decrypt', 'refresh', context)).toBe('ExplicitlyDenied');
  });

  it('lets import seal and not open', () => {
    expect(decide(roleNamed('Import'), 'kms:GenerateDataKey', 'refresh', context)).toBe('Allowed');
    expect(decide(roleNamed('Import'), 'kms:Decrypt', 'refresh', context)).toBe('ExplicitlyDenied');
    expect(
      decide(roleNamed('Import'), 'kms:GenerateDataKey', 'access', { ...context, purpose: 'access' }),
    ).toBe('ImplicitlyDenied');
  });
});

describe.each(['refresh', 'access'])('the %s key', (purpose) => {
  const context = { ...FULL_CONTEXT, purpose };

  it.each(Object.keys(context))(
    'refuses every principal that leaves out "%s" of the encryption context',
    (key) => {
      const { [key]: _left, ...rest } = context as Record<string, string>;

      for (const action of [
        'kms:Decrypt',
        'kms:GenerateDataKey',
        'kms:GenerateDataKeyWithoutPlaintext',
        'kms:Encrypt',
      ]) {
        expect(decide(ADMIN, action, purpose, rest), action).toBe('ExplicitlyDenied');
        expect(decide(roleNamed('Rotate'), action, purpose, rest), action).toBe('ExplicitlyDenied');
      }
    },
  );

  it('refuses tokens of the other purpose', () => {
    const other = purpose === 'refresh' ? 'access' : 'refresh';

    expect(decide(roleNamed('Rotate'), 'kms:Decrypt', purpose, { ...context, purpose: other })).toBe(
      'ExplicitlyDenied',
    );
  });

  it('refuses the functions another client id', () => {
    const foreign = { ...context, clientId: 'another-client' };

    expect(decide(roleNamed('Rotate'), 'kms:Decrypt', purpose, foreign)).toBe('ImplicitlyDenied');
  });

  it('can be administered, but hands out no grant', () => {
    expect(decide(ADMIN, 'kms:PutKeyPolicy', purpose, {})).toBe('Allowed');
    expect(decide(ADMIN, 'kms:ScheduleKeyDeletion', purpose, {})).toBe('Allowed');
    expect(decide(ADMIN, 'kms:CreateGrant', purpose, context)).toBe('ImplicitlyDenied');
  });
});

describe('both keys', () => {
  it('rotate, and stay when the stack goes', () => {
    const keys = template.ofType('AWS::KMS::Key');

    expect(keys).toHaveLength(2);
    for (const { properties, deletionPolicy } of keys) {
      expect(properties.EnableKeyRotation).toBe(true);
      expect(deletionPolicy).toBe('RetainExceptOnCreate');
    }
  });

  it('allow actions by name only', () => {
    const allowed = template
      .ofType('AWS::KMS::Key')
      .flatMap(({ properties }) => statementsIn(properties.KeyPolicy))
      .filter(({ Effect }) => Effect === 'Allow')
      .flatMap(({ Action }) => [Action].flat());

    expect(allowed.filter((action) => action.includes('*'))).toEqual([]);
    expect(allowed).not.toContain('kms:CreateGrant');
  });
});

function roleNamed(part: string): string {
  const [role, ...others] = directory.roles.filter(({ roleName }) =>
    roleName.includes(`Functions${part}Role`),
  );
  if (role === undefined || others.length > 0) throw new Error(`Expected one role ${part}.`);
  return role.roleName;
}

function withAdmin(account: IamDirectory): IamDirectory {
  const [example] = account.roles;
  if (example === undefined) throw new Error('The deployment has no roles.');
  const document = { Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action: '*', Resource: '*' }] };
  const admin = {
    ...example,
    roleName: ADMIN,
    roleArn: `arn:aws:iam::${account.accountId}:role/${ADMIN}`,
    policies: [{ name: 'everything', document }],
  };
  return { ...account, roles: [...account.roles, admin] };
}
