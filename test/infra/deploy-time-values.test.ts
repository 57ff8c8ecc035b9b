import { CfnParameter, Fn, Stack } from 'aws-cdk-lib';
import { HttpApi } from 'aws-cdk-lib/aws-apigatewayv2';
import { Certificate, CertificateValidation } from 'aws-cdk-lib/aws-certificatemanager';
import { Key } from 'aws-cdk-lib/aws-kms';
import { HostedZone } from 'aws-cdk-lib/aws-route53';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { StringParameter } from 'aws-cdk-lib/aws-ssm';
import { afterAll, describe, expect, it } from 'vitest';
import { DeploymentError, TokenVault, type TokenVaultSettings } from '../../lib/index.ts';
import { asArray, asObject } from '../support/synth/template.ts';
import { TEST_SETTINGS } from '../support/synth/test-settings.ts';
import { createVaultBench, templateOf, warningsUnder } from '../support/synth/vault-bench.ts';

const bench = await createVaultBench();
afterAll(() => bench.dispose());

function stackWith(settingsIn: (stack: Stack) => Partial<TokenVaultSettings>): Stack {
  const stack = new Stack(bench.emptyApp(), 'Photos');
  new TokenVault(stack, 'Vault', {
    settings: { ...TEST_SETTINGS, ...settingsIn(stack) },
    functionBundles: bench.functionBundles,
  });
  return stack;
}

const parameterIn = (stack: Stack, name: string) => StringParameter.valueForStringParameter(stack, name);

describe('values that only the deployment knows', () => {
  const template = templateOf(
    stackWith((stack) => {
      const hostedZone = new HostedZone(stack, 'Zone', { zoneName: 'example.test' });
      const certificate = new Certificate(stack, 'Certificate', {
        domainName: 'vault.example.test',
        validation: CertificateValidation.fromDns(hostedZone),
      });
      return {
        clientId: parameterIn(stack, '/adobe/client-id'),
        returnUrls: [`${new HttpApi(stack, 'App').apiEndpoint}/back`],
        imsBaseUrl: parameterIn(stack, '/adobe/ims'),
        domainName: 'vault.example.test',
        certificateArn: certificate.certificateArn,
        hostedZone,
        alarmTopicArn: new Topic(stack, 'OnCall').topicArn,
        canaryConnectionId: parameterIn(stack, '/adobe/canary'),
        tags: { cost: parameterIn(stack, '/cost-center') },
        tokenKeys: [
          { id: 2 },
          {
            id: 1,
            existing: {
              refreshKeyArn: new Key(stack, 'Refresh').keyArn,
              accessKeyArn: new Key(stack, 'Access').keyArn,
            },
          },
        ],
      };
    }),
  );
  const variablesOf = (name: string) =>
    asObject(
      asObject(
        template
          .ofType('AWS::Lambda::Function')
          .find(({ properties }) => properties.FunctionName === `Photos-${name}`)?.properties.Environment,
      ).Variables,
    );

  it('reach the functions as references', () => {
    const { RETURN_URLS, CLIENT_ID, IMS_BASE_URL } = variablesOf('callback');
    expect(template.text(RETURN_URLS)).toBe('["<App.ApiEndpoint>/back"]');
    expect(template.text(CLIENT_ID)).toMatch(/^<Ssm.*adobeclientid/);
    expect(template.text(IMS_BASE_URL)).toMatch(/^<Ssm.*adobeims/);
    expect(template.text(variablesOf('rotate').CANARY_CONNECTION_ID)).toMatch(/^<Ssm.*adobecanary/);
    expect(template.text(variablesOf('rotate').FORMER_REFRESH_KEY_ARNS)).toBe('["<Refresh.Arn>"]');
  });

  it('reach the domain and the alarms', () => {
    const [domain] = asArray(
      template.one('AWS::ApiGatewayV2::DomainName').properties.DomainNameConfigurations,
    ).map(asObject);
    expect(template.text(domain?.CertificateArn)).toBe('<Certificate>');
    const actions = template
      .ofType('AWS::CloudWatch::Alarm')
      .flatMap(({ properties }) => asArray(properties.AlarmActions).map((action) => template.text(action)));
    expect([...new Set(actions)]).toEqual(['<OnCall>']);
  });

  it('make the DNS record of the domain in a hosted zone of the app', () => {
    expect(template.one('AWS::Route53::RecordSet').properties).toMatchObject({
      Type: 'A',
      AliasTarget: {
        DNSName: { 'Fn::GetAtt': [expect.stringContaining('HttpApiDomain'), 'RegionalDomainName'] },
        HostedZoneId: { 'Fn::GetAtt': [expect.stringContaining('HttpApiDomain'), 'RegionalHostedZoneId'] },
      },
      HostedZoneId: { Ref: expect.stringContaining('Zone') },
    });
    const { Name } = template.one('AWS::Route53::RecordSet').properties;
    expect(template.text(Name)).toMatch(/^<VaultHttpApiDomain>\.$|^vault\.example\.test\.$/);
  });

  it('are no part of a logical id, and neither is “undefined”', () => {
    for (const { logicalId } of template.resources) expect(logicalId).not.toMatch(/undefined|TOKEN\d/);
    const { dependsOn, properties } = template.one('AWS::ApiGatewayV2::ApiMapping');
    const stage = template.one('AWS::ApiGatewayV2::Stage', 'Vault').logicalId;
    expect(JSON.stringify([dependsOn, properties.Stage])).toContain(stage);
  });
});

describe('values that the synthesis needs', () => {
  const tokens: readonly [string, (stack: Stack) => object][] = [
    ['scopes.1', (stack) => ({ scopes: ['openid', parameterIn(stack, '/scope')] })],
    ['appName', (stack) => ({ appName: parameterIn(stack, '/name') })],
    ['returnUrls', (stack) => ({ returnUrls: Fn.split(',', parameterIn(stack, '/urls')) })],
    ['revocationScope', (stack) => ({ revocationScope: parameterIn(stack, '/scope') })],
    [
      'throttling.burst',
      (stack) => ({
        throttling: { burst: new CfnParameter(stack, 'Burst', { type: 'Number' }).valueAsNumber },
      }),
    ],
  ];

  it.each(tokens)('%s is refused with the cause', (setting, settingsIn) => {
    expect(() => stackWith(settingsIn)).toThrow(
      new DeploymentError(
        'SETTING_INVALID',
        `The setting vault.${setting} is known only at deployment (a CDK token); the vault needs it at synthesis.`,
      ),
    );
  });
});

describe('a hosted zone by id and name', () => {
  it('holds the record', () => {
    const template = templateOf(
      stackWith(() => ({
        domainName: 'vault.example.test',
        certificateArn: 'arn:aws:acm:eu-west-1:111122223333:certificate/0a1b2c3d-0000-4000-8000-1234567890ab',
        hostedZone: { hostedZoneId: 'Z0123456789ABCDEFGHIJ', zoneName: 'example.test' },
      })),
    );
    expect(template.one('AWS::Route53::RecordSet').properties).toMatchObject({
      HostedZoneId: 'Z0123456789ABCDEFGHIJ',
      Type: 'A',
    });
  });
});

describe('scopes without offline_access', () => {
  it('lead to a warning: Adobe sends no refresh token', () => {
    const warningsOf = (scopes: readonly string[]) =>
      warningsUnder(bench.vaultStack({ scopes })).filter((text) => text.includes('offline_access'));
    expect(warningsOf(['openid', 'offline_access'])).toEqual([]);
    expect(warningsOf(['openid'])).toEqual([
      expect.stringMatching(/^The setting vault\.scopes lacks offline_access: Adobe sends no refresh token/),
    ]);
  });
});
