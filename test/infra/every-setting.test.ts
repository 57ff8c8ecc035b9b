import { afterAll, describe, expect, it } from 'vitest';
import { ALARMS, CANARY_ALARMS } from '../../lib/monitoring/alarm-catalogue.ts';
import { readCloudAssembly } from '../../local/template/cloud-assembly.ts';
import { planDeployment } from '../../local/template/deployment.ts';
import { synthesise } from '../support/synth/synthesise.ts';
import { asArray, asObject, type TemplateReader, templateReader } from '../support/synth/template.ts';
import { createVaultBench } from '../support/synth/vault-bench.ts';

const bench = await createVaultBench();
afterAll(() => bench.dispose());

const certificateArn = 'arn:aws:acm:us-east-1:111122223333:certificate/0a1b2c3d-0000-4000-8000-1234567890ab';

// As on the command line. Any finding of the rules without an acknowledgement throws here.
const assembly = synthesise({
  functionBundles: bench.functionBundles,
  outdir: bench.newOutdir(),
  context: {
    'vault.stage': 'test',
    'vault.deployment': 'canary',
    'vault.canaryConnectionId': 'ops.canary',
    'vault.tags': '{"team":"photos"}',
    'vault.reservedConcurrency': '{"rotate":20}',
    'vault.domainName': 'vault.example.test',
    'vault.certificateArn': certificateArn.replace('us-east-1', 'eu-west-1'),
    'vault.browserDomainName': 'connect.example.test',
    'vault.browserCertificateArn': certificateArn,
  },
});
const template = templateReader(assembly.getStackByName('AdobeTokenVault-test').template);
const frontStack = assembly.getStackByName('AdobeTokenVaultFront-test');
const front = templateReader(frontStack.template);

function outputOf(name: string) {
  return template.text(asObject(template.outputs[name]).Value);
}

describe('the schedules of the stack', () => {
  const functionOf = (name: string) => (one: { readonly properties: Readonly<Record<string, unknown>> }) =>
    template.text(one.properties.FunctionName) === `AdobeTokenVault-test-${name}`;

  it('are created after what they invoke', () => {
    const reconcile = template.ofType('AWS::Lambda::Function').find(functionOf('reconcile'));
    const schedules = template
      .ofType('AWS::Lambda::Alias')
      .filter(({ properties }) => properties.Name === 'schedules');
    expect(template.one('AWS::Scheduler::Schedule', 'Reconciler').dependsOn).toContain(reconcile?.logicalId);
    expect(schedules).toHaveLength(1);
    expect(template.one('AWS::Scheduler::Schedule', 'Canary').dependsOn).toContain(schedules[0]?.logicalId);
  });
});

describe('the canary connection', () => {
  const schedule = template.one('AWS::Scheduler::Schedule', 'Canary').properties;
  const target = asObject(schedule.Target);

  it('is rotated every six hours by way of the schedules’ alias, from the group that outlives the alarms’', () => {
    expect(schedule).toMatchObject({
      ScheduleExpression: 'rate(6 hours)',
      GroupName: { Ref: expect.stringContaining('ReconcilerGroup') },
    });
    expect(template.text(target.Arn)).toMatch(/:function:AdobeTokenVault-test-rotate:schedules$/);
    expect(JSON.parse(String(target.Input))).toEqual({ connectionId: 'ops.canary', trigger: 'canary' });
    expect(target.DeadLetterConfig).toBeDefined();
  });

  it('has its own alarms, which notify as the others do', () => {
    const notified = ['AWS::CloudWatch::Alarm', 'AWS::CloudWatch::CompositeAlarm']
      .flatMap((type) => template.ofType(type))
      .filter(({ properties }) => properties.AlarmActions !== undefined)
      .map(({ properties }) => properties.AlarmName);
    expect(notified.sort()).toEqual(
      [...ALARMS, ...CANARY_ALARMS].map(({ id }) => `AdobeTokenVault-test-${id}`).sort(),
    );
  });
});

describe('the local stack', () => {
  it('takes every resource of it: what it does not run changes nothing that a function sees', () => {
    const place = {
      accountId: '123456789012',
      region: 'us-east-1',
      partition: 'aws',
      urlSuffix: 'amazonaws.com',
    };
    const { stacks } = planDeployment(readCloudAssembly(assembly.directory), { place });
    expect(stacks.map(({ outputs }) => outputs)).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ CallbackUrl: 'https://connect.example.test/callback' }),
        { BrowserDomainTarget: expect.stringMatching(/\.cloudfront\.net$/) },
      ]),
    );
  });
});

describe('tags', () => {
  const tagged = ({ resources }: TemplateReader) =>
    resources.flatMap(({ type, properties: { Tags } }) => (Tags === undefined ? [] : [{ type, Tags }]));
  /** Some services take a list, some an object. */
  const asPairs = (tags: unknown) =>
    Array.isArray(tags)
      ? Object.fromEntries(tags.map((tag) => [asObject(tag).Key, asObject(tag).Value]))
      : tags;

  it('name the vault and hold what the settings say, on all that costs money or holds state', () => {
    for (const reader of [template, front]) {
      for (const { type, Tags } of tagged(reader)) {
        expect(asPairs(Tags), type).toEqual({ 'adobe-token-vault': 'AdobeTokenVault-test', team: 'photos' });
      }
    }
    expect([...new Set(tagged(template).map(({ type }) => type))]).toEqual(
      expect.arrayContaining([
        'AWS::ApiGatewayV2::Api',
        'AWS::CloudWatch::Alarm',
        'AWS::DynamoDB::Table',
        'AWS::KMS::Key',
        'AWS::Lambda::Function',
        'AWS::Logs::LogGroup',
        'AWS::SecretsManager::Secret',
        'AWS::SNS::Topic',
        'AWS::SQS::Queue',
        'AWS::Scheduler::ScheduleGroup',
      ]),
    );
    expect(tagged(front).map(({ type }) => type)).toEqual([
      'AWS::WAFv2::WebACL',
      'AWS::CloudFront::Distribution',
    ]);
  });
});

describe('the host name that browsers see', () => {
  it('is where sign-ins begin and end, and not where signed calls go', () => {
    expect(outputOf('AuthorizeUrl')).toBe('https://connect.example.test/authorize');
    expect(outputOf('CallbackUrl')).toBe('https://connect.example.test/callback');
    expect(outputOf('ApiUrl')).toBe('https://<VaultHttpApiDomain>');
    const variables = (name: string) =>
      asObject(
        asObject(
          template
            .ofType('AWS::Lambda::Function')
            .find(({ properties }) => properties.FunctionName === `AdobeTokenVault-test-${name}`)?.properties
            .Environment,
        ).Variables,
      );
    for (const name of ['authorize', 'callback']) {
      expect(variables(name).CALLBACK_URL).toBe('https://connect.example.test/callback');
    }
    expect(variables('consents').AUTHORIZE_URL).toBe('https://connect.example.test/authorize');
  });
});

describe('CloudFront in front of the browser’s routes', () => {
  const distribution = asObject(front.one('AWS::CloudFront::Distribution').properties.DistributionConfig);
  const acl = front.one('AWS::WAFv2::WebACL');
  const rules = asArray(acl.properties.Rules).map(asObject);

  it('is deployed where firewalls of CloudFront are', () => {
    expect(frontStack.environment.region).toBe('us-east-1');
    expect(distribution.WebACLId).toEqual({ 'Fn::GetAtt': [acl.logicalId, 'Arn'] });
  });

  it('calls the vault under its own name, over TLS 1.2, and waits longer than the API does', () => {
    expect(distribution).toMatchObject({
      Aliases: ['connect.example.test'],
      ViewerCertificate: { MinimumProtocolVersion: 'TLSv1.2_2021' },
      Origins: [
        {
          DomainName: 'vault.example.test',
          CustomOriginConfig: {
            OriginProtocolPolicy: 'https-only',
            OriginSSLProtocols: ['TLSv1.2'],
            OriginReadTimeout: 35,
          },
        },
      ],
    });
  });

  it('keeps no answer, and passes cookies and queries but not the host name', () => {
    expect(distribution.DefaultCacheBehavior).toMatchObject({
      AllowedMethods: ['GET', 'HEAD'],
      // CachingDisabled and AllViewerExceptHostHeader, managed by AWS.
      CachePolicyId: '4135ea2d-6df8-44a3-9df3-4b5a84be39ad',
      OriginRequestPolicyId: 'b689b0a8-53d0-40ab-baf2-68738e2966ac',
      ViewerProtocolPolicy: 'https-only',
    });
  });

  it('keeps no error, so that the error of one user is served to no other', () => {
    const cached = asArray(distribution.CustomErrorResponses).map(asObject);

    // Every code that CloudFront takes here. It caches most of them for ten seconds by default.
    expect(cached.map(({ ErrorCode }) => ErrorCode)).toEqual([
      400, 403, 404, 405, 414, 416, 500, 501, 502, 503, 504,
    ]);
    for (const { ErrorCode, ...response } of cached) {
      expect(response, String(ErrorCode)).toEqual({ ErrorCachingMinTTL: 0 });
    }
  });

  it('limits the rate of each address at the public routes, and nowhere else', () => {
    const [rate, paths, ...others] = rules;
    expect(others).toEqual([]);
    expect(acl.properties).toMatchObject({ Scope: 'CLOUDFRONT', DefaultAction: { Block: {} } });
    expect(rate).toMatchObject({
      Priority: 0,
      Action: { Block: { CustomResponse: { ResponseCode: 429 } } },
      Statement: { RateBasedStatement: { AggregateKeyType: 'IP', Limit: 100, EvaluationWindowSec: 300 } },
    });
    const { Statements } = asObject(asObject(asObject(paths).Statement).OrStatement);
    expect(
      asArray(Statements).map((statement) => asObject(asObject(statement).ByteMatchStatement)),
    ).toMatchObject([
      { SearchString: '/authorize', PositionalConstraint: 'EXACTLY' },
      { SearchString: '/callback', PositionalConstraint: 'EXACTLY' },
    ]);
  });

  it('records no query string, neither in a log nor in a sample', () => {
    expect(distribution.Logging).toBeUndefined();
    for (const settings of [acl.properties, ...rules]) {
      expect(settings.VisibilityConfig).toMatchObject({ SampledRequestsEnabled: false });
    }
  });
});
