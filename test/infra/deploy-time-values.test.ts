import { CfnParameter, Fn, Stack, Token } from 'aws-cdk-lib';
import { HttpApi } from 'aws-cdk-lib/aws-apigatewayv2';
import { Certificate, CertificateValidation } from 'aws-cdk-lib/aws-certificatemanager';
import { Key } from 'aws-cdk-lib/aws-kms';
import { HostedZone } from 'aws-cdk-lib/aws-route53';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { StringParameter } from 'aws-cdk-lib/aws-ssm';
import { afterAll, describe, expect, it } from 'vitest';
import { DeploymentError, TokenVault, type TokenVaultSettings } from '../../lib/index.ts';
import { prematureToken } from '../../lib/settings/deploy-time-values.ts';
import { vaultSettings } from '../../lib/settings/vault-settings.ts';
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
        returnUrls: [`${new HttpApi(stack, 'App').apiEndpoint}/back`, `${new HttpApi(stack, 'Web').url}back`],
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
    expect(template.text(RETURN_URLS)).toBe(
      '["<App.ApiEndpoint>/back","https://<Web>.execute-api.<AWS::Region>.<AWS::URLSuffix>/back"]',
    );
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
  const tokens: readonly [string, string, string, (stack: Stack) => object][] = [
    [
      'scopes.1',
      'the synthesis compares the scopes with the scope sets',
      'Photos/SsmParameterValue:--scope:',
      (stack) => ({ scopes: ['openid', parameterIn(stack, '/scope')] }),
    ],
    [
      'scopeSets.0',
      'the synthesis compares the scopes with the scope sets',
      'Photos/SsmParameterValue:--set:',
      (stack) => ({ scopeSets: [parameterIn(stack, '/set')] }),
    ],
    [
      'appName',
      'the synthesis checks the text, which the pages show',
      'Photos/SsmParameterValue:--name:',
      (stack) => ({ appName: `Photos of ${parameterIn(stack, '/name')}` }),
    ],
    [
      'supportUrl',
      'the synthesis checks the link, which the pages show',
      'Photos/SsmParameterValue:--help:',
      (stack) => ({ supportUrl: `https://${parameterIn(stack, '/help')}` }),
    ],
    [
      'returnUrls',
      'the synthesis checks each URL: a URL of the list may be a token, the list itself may not',
      '"',
      (stack) => ({ returnUrls: Fn.split(',', parameterIn(stack, '/urls')) }),
    ],
    [
      'revocationScope',
      'the synthesis checks that it is one of the accepted values',
      'Photos/SsmParameterValue:--scope:',
      (stack) => ({ revocationScope: parameterIn(stack, '/scope') }),
    ],
    [
      'throttling.burst',
      'the synthesis checks the number',
      'Photos/Number',
      (stack) => ({ throttling: { burst: numberIn(stack) } }),
    ],
    [
      'logRetentionDays',
      'the synthesis checks the number',
      'Photos/Number',
      (stack) => ({ logRetentionDays: numberIn(stack) }),
    ],
    [
      'tokenKeys.0.id',
      'it decides which keys the template has',
      'Photos/Number',
      (stack) => ({ tokenKeys: [{ id: numberIn(stack) }] }),
    ],
  ];

  it.each(tokens)('%s is refused with the cause and the value', (setting, reason, value, settingsIn) => {
    const { message } = refusalOf(settingsIn);

    expect(message).toContain(
      `The setting vault.${setting} must be known at synthesis, because ${reason}. It is `,
    );
    expect(message).toContain(value);
    expect(message).toMatch(/, which is known only at deployment \(a CDK token\)\.$/);
  });

  it('each have a reason', () => {
    const reasons = Object.keys(vaultSettings.entries).flatMap((setting) => {
      const found = prematureToken({ [setting]: Fn.ref('Other') });
      return found === undefined ? [] : [found.message];
    });

    expect(reasons.length).toBeGreaterThan(10);
    for (const message of reasons) expect(message).not.toContain('checks every setting');
  });
});

function numberIn(stack: Stack): number {
  return new CfnParameter(stack, 'Number', { type: 'Number' }).valueAsNumber;
}

function refusalOf(settingsIn: (stack: Stack) => object): DeploymentError {
  try {
    stackWith(settingsIn);
  } catch (error) {
    if (error instanceof DeploymentError) return error;
    throw error;
  }
  throw new Error('The settings were taken.');
}

describe('a token elsewhere than in the value of a setting', () => {
  it('is refused as a key, with the cause', () => {
    expect(() => stackWith((stack) => ({ tags: { [parameterIn(stack, '/key')]: 'photos' } }))).toThrow(
      'The setting vault.tags must have keys that are known at synthesis, because the template holds its names as they are. It is a value of Photos/SsmParameterValue:--key:',
    );
  });

  it('is refused where it is no text, with the way out', () => {
    const clientId = Fn.getAtt('Other', 'Id') as unknown as string;
    expect(() => stackWith(() => ({ clientId }))).toThrow(
      'The setting vault.clientId must be a text: write Token.asString(…) around this CDK token.',
    );
    expect(() => stackWith(() => ({ clientId: Token.asString(clientId) }))).not.toThrow();
  });
});

describe('what is known of a URL with a token in it', () => {
  const isTaken = (settingsIn: (host: string) => Partial<TokenVaultSettings>) => () =>
    stackWith((stack) => settingsIn(parameterIn(stack, '/host')));

  it.each<[string, (host: string) => string]>([
    ['a fragment', (host) => `https://${host}/back#done`],
    ['http', (host) => `http://${host}/back`],
    ['no scheme', (host) => `app.example.test/${host}`],
    ['a space in the host', (host) => `https://my app.${host}/`],
  ])('is checked: a return URL with %s is refused', (_what, urlOf) => {
    expect(isTaken((host) => ({ returnUrls: [urlOf(host)] }))).toThrow(
      /^The setting vault\.returnUrls\.0 must be an absolute https URL without fragment .* It is "/,
    );
  });

  it.each<[string, (host: string) => string]>([
    ['the whole URL', (url) => url],
    ['its beginning', (url) => `${url}back`],
    ['its host', (host) => `https://${host}/back`],
    ['a part of its host', (name) => `https://${name}.example.test/back`],
    ['the last part of its host', (suffix) => `https://abc.execute-api.eu-west-1.${suffix}/back`],
    ['its port', (port) => `http://localhost:${port}/back`],
    ['a part of its path', (page) => `https://app.example.test/${page}`],
  ])('is checked: a return URL whose token is %s is taken', (_what, urlOf) => {
    expect(isTaken((host) => ({ returnUrls: [urlOf(host)] }))).not.toThrow();
  });

  it('is checked: a path in imsBaseUrl is refused', () => {
    expect(isTaken((url) => ({ imsBaseUrl: `${url}/ims` }))).toThrow(
      'The setting vault.imsBaseUrl must be a scheme and host alone, without a path.',
    );
  });
});

describe('an ARN of another Region', () => {
  const vaultIn = (region: string, settings: Partial<TokenVaultSettings>) => () =>
    new TokenVault(new Stack(bench.emptyApp(), 'Photos', { env: { region } }), 'Vault', {
      settings: { ...TEST_SETTINGS, ...settings },
      functionBundles: bench.functionBundles,
    });
  const keyArn = 'arn:aws:kms:eu-west-1:111122223333:key/0a1b2c3d-0000-4000-8000-1234567890ab';
  const mrkArn = `arn:aws:kms:us-east-1:111122223333:key/mrk-${'1'.repeat(32)}`;
  const ofIreland: readonly [string, Partial<TokenVaultSettings>][] = [
    [
      'certificateArn',
      {
        domainName: 'vault.example.test',
        certificateArn: 'arn:aws:acm:eu-west-1:111122223333:certificate/0a1b2c3d-0000-4000-8000-1234567890ab',
      },
    ],
    ['alarmTopicArn', { alarmTopicArn: 'arn:aws:sns:eu-west-1:111122223333:on-call' }],
    [
      'tokenKeys.1.existing.refreshKeyArn',
      { tokenKeys: [{ id: 2 }, { id: 1, existing: { refreshKeyArn: keyArn, accessKeyArn: keyArn } }] },
    ],
  ];

  it.each(ofIreland)(
    'is refused as %s, which AWS takes only of the Region of the vault',
    (setting, settings) => {
      expect(vaultIn('us-east-1', settings)).toThrow(
        `The setting vault.${setting} must be the ARN of a resource in us-east-1, the vault's Region. It is "arn:aws:`,
      );
      expect(vaultIn('eu-west-1', settings)).not.toThrow();
    },
  );

  it('is required of a key with a replica here', () => {
    const settings = { tokenKeys: [{ id: 1, replicaOf: { refreshKeyArn: mrkArn, accessKeyArn: mrkArn } }] };
    expect(vaultIn('us-east-1', settings)).toThrow(
      "The setting vault.tokenKeys.0.replicaOf.refreshKeyArn must be the ARN of a key outside us-east-1, the vault's Region.",
    );
    expect(vaultIn('eu-west-1', settings)).not.toThrow();
  });
});

describe('a hosted zone by id alone', () => {
  it('is refused with the ways to import one by name', () => {
    expect(() =>
      stackWith((stack) => ({
        domainName: 'vault.example.test',
        certificateArn: 'arn:aws:acm:eu-west-1:111122223333:certificate/0a1b2c3d-0000-4000-8000-1234567890ab',
        hostedZone: HostedZone.fromHostedZoneId(stack, 'Zone', 'Z0123456789ABCDEFGHIJ'),
      })),
    ).toThrow(
      'The setting vault.hostedZone.zoneName must be known: import the zone with HostedZone.fromHostedZoneAttributes() or fromLookup().',
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
