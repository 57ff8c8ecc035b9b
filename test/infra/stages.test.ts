import type { App, Stack } from 'aws-cdk-lib';
import { afterAll, describe, expect, it } from 'vitest';
import { BrowserFrontStack } from '../../lib/browser-front-stack.ts';
import { ExampleConsumerStack } from '../../lib/example-consumer-stack.ts';
import { nameOfStack } from '../../lib/settings/app-settings.ts';
import type { TokenVaultSettings } from '../../lib/settings/token-vault-settings.ts';
import { asObject, type TemplateReader } from '../support/synth/template.ts';
import { createVaultBench, templateOf } from '../support/synth/vault-bench.ts';

const bench = await createVaultBench();
afterAll(() => bench.dispose());

const certificateArn = 'arn:aws:acm:us-east-1:111122223333:certificate/0a1b2c3d-0000-4000-8000-1234567890ab';

/** Every stack of one stage, with everything in it that can have a name of its own. */
function stacksOf(app: App, stage: string | undefined): readonly Stack[] {
  const domainName = `vault.${stage ?? 'live'}.example.test`;
  const browserDomainName = `connect.${stage ?? 'live'}.example.test`;
  const settings: Partial<TokenVaultSettings> = {
    deployment: 'canary',
    canaryConnectionId: 'ops.canary',
    domainName,
    certificateArn,
    browserDomainName,
    browserCertificateArn: certificateArn,
    compliance: 'strict',
  };
  const vaultStack = bench.vaultStack(settings, { app, id: nameOfStack('AdobeTokenVault', stage) });
  const { vault } = vaultStack;
  return [
    vaultStack,
    new ExampleConsumerStack(app, nameOfStack('AdobeTokenVaultExample', stage), {
      vault,
      functionBundles: bench.functionBundles,
    }),
    new BrowserFrontStack(app, nameOfStack('AdobeTokenVaultFront', stage), {
      domainName: browserDomainName,
      certificateArn,
      vaultDomainName: domainName,
    }),
  ];
}

/** Names within one API, function, application or role, which cannot meet others of another stack. */
const INSIDE = new Set([
  'AWS::ApiGatewayV2::Stage',
  'AWS::CodeDeploy::DeploymentGroup',
  'AWS::IAM::Policy',
  'AWS::Lambda::Alias',
]);
const NAMES = /^(Name|.*(?<!Metric|Function)Name)$/;

function namesIn({ resources, outputs, text }: TemplateReader): readonly string[] {
  const own = resources
    .filter(({ type }) => !INSIDE.has(type))
    .flatMap(({ type, properties }) =>
      Object.entries(properties)
        .filter(([key, value]) => NAMES.test(key) && !JSON.stringify(value).includes('"Ref":"Vault'))
        .map(([, value]) => `${type} ${text(value)}`),
    );
  const functions = resources.flatMap(({ type, properties }) =>
    type === 'AWS::Lambda::Function' ? [`${type} ${text(properties.FunctionName)}`] : [],
  );
  const exported = Object.values(outputs).flatMap((output) => {
    const { Export } = asObject(output);
    return Export === undefined ? [] : [`export ${text(asObject(Export).Name)}`];
  });
  return [...own, ...functions, ...exported];
}

function namesOf(stacks: readonly Stack[]) {
  return stacks.flatMap((stack) => [`stack ${stack.stackName}`, ...namesIn(templateOf(stack))]);
}

describe('two stages in one account and region', () => {
  it('share no name: of stacks, functions, groups, secrets, alarms, dashboards, deployments, hosts or exports', () => {
    const app = bench.emptyApp();
    const [live, testing] = [stacksOf(app, undefined), stacksOf(app, 'test')];
    const [plain, test] = [namesOf(live), namesOf(testing)];

    for (const kind of [
      'stack AdobeTokenVaultExample-test',
      'stack AdobeTokenVaultFront-test',
      'AWS::Lambda::Function AdobeTokenVault-test-rotate',
      'AWS::Scheduler::ScheduleGroup AdobeTokenVault-test-reconcile',
      'AWS::CloudWatch::Alarm AdobeTokenVault-test-expired',
      'AWS::CloudWatch::CompositeAlarm AdobeTokenVault-test-reconciler-silent',
      'AWS::Events::Rule AdobeTokenVault-test-cleared-1',
      'AWS::CloudWatch::Dashboard AdobeTokenVault-test-<AWS::Region>',
      'AWS::CloudTrail::Trail AdobeTokenVault-test',
      'AWS::CodeDeploy::Application AdobeTokenVault-test',
      'AWS::ApiGatewayV2::DomainName vault.test.example.test',
    ]) {
      expect(test).toContain(kind);
    }
    expect(test.filter((name) => name.startsWith('AWS::SecretsManager::Secret '))).toEqual([
      expect.stringMatching(/ AdobeTokenVault-test\/adobe-client-secret\//),
    ]);
    expect(test.filter((name) => name.startsWith('export ')).length).toBeGreaterThan(3);
    expect(test.filter((name) => plain.includes(name))).toEqual([]);
  });
});
