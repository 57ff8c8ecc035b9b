import { Stack } from 'aws-cdk-lib';
import { afterAll, afterEach, expect, it, vi } from 'vitest';
import { addFront } from '../../examples/browser-front/front.ts';
import { SharingVaultStack } from '../../examples/other-account/vault-account.ts';
import type { TokenVaultSettings } from '../../lib/settings/token-vault-settings.ts';
import { TEST_SETTINGS } from '../support/synth/test-settings.ts';
import { createVaultBench, templateOf } from '../support/synth/vault-bench.ts';

const bench = await createVaultBench();
const { functionBundles } = bench;

afterAll(() => bench.dispose());
afterEach(() => {
  vi.unstubAllEnvs();
});

const CERTIFICATE_IN_US_EAST_1 = 'arn:aws:acm:us-east-1:111122223333:certificate/abc-123';

/** Typed so that a new setting has to be given here too. */
const EVERY_SETTING: Required<TokenVaultSettings> = {
  clientId: TEST_SETTINGS.clientId,
  scopes: TEST_SETTINGS.scopes,
  returnUrls: TEST_SETTINGS.returnUrls,
  appName: 'Photo Wall',
  supportUrl: 'https://app.example.test/help',
  imsBaseUrl: 'https://ims.example.test',
  domainName: 'vault.example.test',
  certificateArn: 'arn:aws:acm:eu-west-1:111122223333:certificate/abc-123',
  hostedZone: { hostedZoneId: 'Z0123456789ABCDEFGHIJ', zoneName: 'example.test' },
  scopeSets: ['openid lr_partner_apis'],
  revocationScope: 'token',
  storeProfile: true,
  plainSignIn: false,
  maxSchedulesPerMinute: 60,
  throttling: {
    ratePerSecond: 100,
    burst: 200,
    publicRatePerSecond: 10,
    publicBurst: 20,
    callbackRatePerSecond: 4,
    callbackBurst: 8,
  },
  logRetentionDays: 400,
  compliance: 'strict',
  tracing: true,
  dataEvents: true,
  tokenKeys: [{ id: 2, multiRegion: true }, { id: 1 }],
  alarmTopicArn: 'arn:aws:sns:eu-west-1:111122223333:alarms',
  tags: { team: 'photos' },
  reservedConcurrency: { rotate: 20 },
  deployment: 'canary',
  canaryConnectionId: 'ops.canary',
  browserDomainName: 'connect.example.test',
  browserCertificateArn: CERTIFICATE_IN_US_EAST_1,
};

it('a template that breaks a rule of CloudFormation is refused', () => {
  vi.stubEnv('CDK_VALIDATION', 'true');

  expect(() => templateOf(new Stack(bench.emptyApp(), 'Empty'))).toThrow('Resources section must exist');
});

it('a vault with every setting given, and a role for another account, passes the rules of CloudFormation', () => {
  vi.stubEnv('CDK_VALIDATION', 'true');
  const stack = new SharingVaultStack(bench.emptyApp(), 'Vault', {
    settings: EVERY_SETTING,
    functionBundles,
    consumerAccountId: '444455556666',
  });

  expect(templateOf(stack).ofType('AWS::ApiGatewayV2::DomainName')).toHaveLength(1);
});

it('CloudFront and its firewall pass the rules of CloudFormation', () => {
  vi.stubEnv('CDK_VALIDATION', 'true');
  const template = templateOf(addFront(bench.emptyApp(), CERTIFICATE_IN_US_EAST_1));

  expect(JSON.stringify(template.one('AWS::WAFv2::WebACL').properties.Rules)).toContain('"Limit":300');
});
