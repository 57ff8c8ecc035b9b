// biome-ignore-all lint/suspicious/noTemplateCurlyInString: placeholders of CloudFormation, not of this language
import { describe, expect, test } from 'vitest';
import { LocalStackError } from '../../../local/stack/local-stack-error.ts';
import { planDeployment } from '../../../local/template/deployment.ts';
import { createIntrinsicResolver } from '../../../local/template/intrinsics.ts';
import type { Template } from '../../../local/template/template.ts';

const place = {
  accountId: '111122223333',
  region: 'eu-west-1',
  partition: 'aws',
  urlSuffix: 'amazonaws.com',
};

function resolverFor(template: Template, parameters: Record<string, string> = {}) {
  return createIntrinsicResolver({
    stack: { stackName: 'Vault', template },
    place,
    parameters,
    exportNamed: (name) => `value of ${name}`,
    outputOf: (stackName, outputName) => `${stackName}.${outputName}`,
  });
}

const { resolve } = resolverFor({
  Resources: {
    Fn: {
      Type: 'AWS::Lambda::Function',
      Properties: { FunctionName: { 'Fn::Sub': '${AWS::StackName}-rotate' } },
    },
    Live: { Type: 'AWS::Lambda::Alias', Properties: { FunctionName: { Ref: 'Fn' }, Name: 'live' } },
    Api: { Type: 'AWS::ApiGatewayV2::Api' },
    Queue: { Type: 'AWS::SQS::Queue', Properties: { QueueName: 'dead' } },
    Key: { Type: 'AWS::KMS::Key' },
    Secret: { Type: 'AWS::SecretsManager::Secret', Properties: { Name: 'vault/client' } },
    Group: { Type: 'AWS::Scheduler::ScheduleGroup', Properties: { Name: 'schedules' } },
  },
  Conditions: { IsEu: { 'Fn::Equals': [{ Ref: 'AWS::Region' }, 'eu-west-1'] } },
  Mappings: { Sizes: { 'eu-west-1': { memory: 256 } } },
});

describe('intrinsic functions', () => {
  test.each([
    ['Ref of a pseudo parameter', { Ref: 'AWS::AccountId' }, '111122223333'],
    ['Ref of a function', { Ref: 'Fn' }, 'Vault-rotate'],
    [
      'GetAtt as a list',
      { 'Fn::GetAtt': ['Fn', 'Arn'] },
      'arn:aws:lambda:eu-west-1:111122223333:function:Vault-rotate',
    ],
    ['GetAtt as text', { 'Fn::GetAtt': 'Queue.Arn' }, 'arn:aws:sqs:eu-west-1:111122223333:dead'],
    ['Ref of an alias', { Ref: 'Live' }, 'arn:aws:lambda:eu-west-1:111122223333:function:Vault-rotate:live'],
    ['Ref of a queue', { Ref: 'Queue' }, 'https://sqs.eu-west-1.amazonaws.com/111122223333/dead'],
    [
      'GetAtt of a schedule group',
      { 'Fn::GetAtt': ['Group', 'Arn'] },
      'arn:aws:scheduler:eu-west-1:111122223333:schedule-group/schedules',
    ],
    ['Join', { 'Fn::Join': ['', ['arn:', { Ref: 'AWS::Partition' }, ':x']] }, 'arn:aws:x'],
    [
      'Sub with its own variables',
      { 'Fn::Sub': ['${A}-${Fn.Arn}-${!Literal}', { A: { Ref: 'AWS::Region' } }] },
      'eu-west-1-arn:aws:lambda:eu-west-1:111122223333:function:Vault-rotate-${Literal}',
    ],
    ['Select of Split', { 'Fn::Select': [1, { 'Fn::Split': ['/', 'a/b/c'] }] }, 'b'],
    ['ImportValue', { 'Fn::ImportValue': 'Other:Export' }, 'value of Other:Export'],
    ['GetStackOutput', { 'Fn::GetStackOutput': { StackName: 'Other', OutputName: 'Url' } }, 'Other.Url'],
    ['FindInMap', { 'Fn::FindInMap': ['Sizes', { Ref: 'AWS::Region' }, 'memory'] }, 256],
    ['If', { 'Fn::If': ['IsEu', 'yes', 'no'] }, 'yes'],
    ['a list in which a part has no value', ['a', { Ref: 'AWS::NoValue' }], ['a']],
    ['a record in which a part has no value', { a: 1, b: { Ref: 'AWS::NoValue' } }, { a: 1 }],
  ])('%s', (_name, value, expected) => {
    expect(resolve(value)).toEqual(expected);
  });

  test('the Condition of a policy statement is left as it is', () => {
    const statement = { Condition: { StringEquals: { 'aws:SourceAccount': { Ref: 'AWS::AccountId' } } } };
    expect(resolve(statement)).toEqual({
      Condition: { StringEquals: { 'aws:SourceAccount': '111122223333' } },
    });
  });

  test('generated names have the shapes of AWS and stay the same', () => {
    expect(resolve({ Ref: 'Api' })).toMatch(/^[a-z0-9]{10}$/);
    expect(resolve({ 'Fn::GetAtt': ['Api', 'ApiEndpoint'] })).toBe(
      `https://${resolve({ Ref: 'Api' })}.execute-api.eu-west-1.amazonaws.com`,
    );
    expect(resolve({ Ref: 'Key' })).toMatch(
      /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-8[0-9a-f]{3}-[0-9a-f]{12}$/,
    );
    expect(resolve({ Ref: 'Secret' })).toMatch(/:secret:vault\/client-[0-9a-z]{6}$/);
    expect(resolve({ Ref: 'Api' })).toBe(resolve({ Ref: 'Api' }));
  });

  test.each([
    ['an unknown intrinsic', { 'Fn::Transform': {} }],
    ['a resource that is not there', { Ref: 'Absent' }],
    ['an attribute that is not known', { 'Fn::GetAtt': ['Fn', 'Colour'] }],
  ])('%s is refused with a sentence', (_name, value) => {
    expect(() => resolve(value)).toThrow(expect.objectContaining({ code: 'TEMPLATE_UNSUPPORTED' }));
  });
});

describe('parameters', () => {
  const template: Template = {
    Parameters: {
      BootstrapVersion: {
        Type: 'AWS::SSM::Parameter::Value<String>',
        Default: '/cdk-bootstrap/hnb659fds/version',
      },
      Domain: { Type: 'AWS::SSM::Parameter::Value<String>', Default: '/team/domain' },
      Stage: { Type: 'String', Default: 'dev' },
      Owner: { Type: 'String' },
    },
  };

  test('the bootstrap version is known, a default is used, and a given value wins', () => {
    expect(resolverFor(template).resolve({ Ref: 'BootstrapVersion' })).toBe('21');
    expect(resolverFor(template).resolve({ Ref: 'Stage' })).toBe('dev');
    expect(resolverFor(template, { Stage: 'prod' }).resolve({ Ref: 'Stage' })).toBe('prod');
  });

  test('an SSM parameter and a parameter without default need a value', () => {
    expect(() => resolverFor(template).resolve({ Ref: 'Domain' })).toThrow('/team/domain');
    expect(() => resolverFor(template).resolve({ Ref: 'Owner' })).toThrow('Owner');
    expect(resolverFor(template, { Domain: 'example.com' }).resolve({ Ref: 'Domain' })).toBe('example.com');
  });
});

describe('a deployment', () => {
  const plan = (...templates: [string, Template][]) =>
    planDeployment(
      {
        directory: '/none',
        stacks: templates.map(([stackName, template]) => ({ stackName, template, assetPaths: new Map() })),
      },
      { place },
    );

  test('resolves exports of one stack in the other', () => {
    const { resources } = plan(
      [
        'Reader',
        {
          Resources: {
            Role: { Type: 'AWS::IAM::Role', Properties: { RoleName: { 'Fn::ImportValue': 'Vault:Name' } } },
          },
        },
      ],
      [
        'Vault',
        { Outputs: { Name: { Value: 'reader', Export: { Name: { 'Fn::Sub': '${AWS::StackName}:Name' } } } } },
      ],
    );
    expect(resources[0]?.identity.attributes.Arn).toBe('arn:aws:iam::111122223333:role/reader');
  });

  test('leaves out what its condition excludes', () => {
    const { resources } = plan([
      'Vault',
      {
        Conditions: { Never: { 'Fn::Equals': ['a', 'b'] } },
        Resources: { Queue: { Type: 'AWS::SQS::Queue', Condition: 'Never' } },
      },
    ]);
    expect(resources).toEqual([]);
  });

  test('refuses a resource type that could change behaviour, naming it', () => {
    expect(() =>
      plan(['Vault', { Resources: { Feed: { Type: 'AWS::Lambda::EventSourceMapping' } } }]),
    ).toThrow(
      new LocalStackError(
        'TEMPLATE_UNSUPPORTED',
        'Vault contains Feed of type AWS::Lambda::EventSourceMapping, which the local stack neither runs nor knows to be safe to ignore.',
      ),
    );
  });
});
