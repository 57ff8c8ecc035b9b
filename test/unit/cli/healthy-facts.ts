import type { VaultFacts } from '../../../cli/doctor/vault-facts.ts';

const ROTATE_ROLE = 'arn:aws:iam::123456789012:role/Vault-rotate';
const CALLBACK = 'https://abc.execute-api.eu-west-1.amazonaws.com/callback';

function known<Value>(value: Value) {
  return { known: true, value } as const;
}

function functionOf(name: string) {
  return known({
    functionArn: `arn:aws:lambda:eu-west-1:123456789012:function:Vault-${name}`,
    roleArn: `arn:aws:iam::123456789012:role/Vault-${name}`,
    ready: true,
    variables: {
      CLIENT_ID: 'client',
      SCOPES: 'openid offline_access lr_partner_apis',
      CALLBACK_URL: CALLBACK,
      IMS_BASE_URL: 'https://ims-na1.adobelogin.com',
    },
  });
}

function deny(Condition: object) {
  return {
    Effect: 'Deny',
    Principal: '*',
    Action: ['kms:Decrypt', 'kms:ReEncrypt*'],
    Resource: '*',
    Condition,
  };
}

/** The statements a vault's key has, as far as `doctor` looks at them. */
export const OTHERS_DENIED = deny({ ArnNotEquals: { 'aws:PrincipalArn': ROTATE_ROLE } });
export const CONTEXT_DEMANDED = deny({ Null: { 'kms:EncryptionContext:connection': 'true' } });

function keyWith(...Statement: object[]) {
  return known({ state: 'Enabled', rotating: true, policy: { Statement }, grants: [] });
}

const table = known({
  status: 'ACTIVE',
  deletionProtection: true,
  pointInTimeRecovery: true,
  timeToLiveAttribute: 'ttlEpochSeconds',
  indexes: ['due', 'subject'],
});

/** A vault on AWS with which all is well. */
export const healthyFacts: VaultFacts = {
  stackName: 'Vault',
  stack: {
    status: 'UPDATE_COMPLETE',
    terminationProtection: true,
    outputs: {
      ApiUrl: 'https://abc.execute-api.eu-west-1.amazonaws.com',
      AuthorizeUrl: 'https://abc.execute-api.eu-west-1.amazonaws.com/authorize',
      CallbackUrl: CALLBACK,
      ClientSecretName: 'Vault/adobe-client-secret/1',
      AlarmTopicArn: 'arn:aws:sns:eu-west-1:123456789012:alarms',
      AccessTokensTableName: 'Vault-AccessTokens',
      AccessKeyArn: 'arn:aws:kms:eu-west-1:123456789012:key/1',
      ClientId: 'client',
      VaultName: 'Vault',
    },
  },
  functions: {
    authorize: functionOf('authorize'),
    callback: functionOf('callback'),
    consents: functionOf('consents'),
    'access-token': functionOf('access-token'),
    connections: functionOf('connections'),
    import: functionOf('import'),
    rotate: functionOf('rotate'),
    reconcile: functionOf('reconcile'),
  },
  liveAlias: known(true),
  clientSecret: known('accepted'),
  refreshKey: keyWith(OTHERS_DENIED, CONTEXT_DEMANDED),
  accessKey: keyWith(CONTEXT_DEMANDED),
  connectionsTable: table,
  accessTokensTable: table,
  ephemeralTable: table,
  schedules: known([{ name: 'a', enabled: true, targetArn: 'rotate' }]),
  reconcilerSchedules: known([
    {
      name: 'Hourly',
      enabled: true,
      targetArn: 'arn:aws:lambda:eu-west-1:123456789012:function:Vault-reconcile',
    },
  ]),
  reconcilerRuns: known(3),
  adobe: known({
    issuer: 'https://ims-na1.adobelogin.com',
    tokenEndpoint: 'https://ims-na1.adobelogin.com/ims/token/v3',
  }),
  api: known({ status: 403, clockAheadMs: 400 }),
  hasConnections: known(true),
  tokenEndpoint: known({ answers: true, code: 'access_denied' }),
  breakers: known({ revision: 0, recent: [] }),
  missed: known({ count: 0, complete: true }),
  fleet: known({
    counted: 2,
    complete: true,
    byState: { active: 2 },
    late: 0,
    lateExamples: [],
    expired: 0,
    notRenewable: 0,
    degraded: 0,
    degradedExamples: [],
  }),
  nowMs: Date.UTC(2026, 0, 15, 12),
};
