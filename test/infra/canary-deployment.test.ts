import { Validations } from 'aws-cdk-lib';
import { AwsSolutionsChecks } from 'cdk-nag';
import { afterAll, describe, expect, inject, it } from 'vitest';
import { asArray, asObject, readTemplate, statementsIn } from '../support/synth/template.ts';
import { createVaultBench, templateOf } from '../support/synth/vault-bench.ts';

const bench = await createVaultBench();
afterAll(() => bench.dispose());

const plain = readTemplate(inject('cdkOut'), 'AdobeTokenVault');
const app = bench.emptyApp();
const stack = bench.vaultStack({ deployment: 'canary' }, { app });
Validations.of(app).addPlugins(new AwsSolutionsChecks(app));
// Any finding without an acknowledgement throws here.
const template = templateOf(stack);
const aliases = template.ofType('AWS::Lambda::Alias');
const groups = template.ofType('AWS::CodeDeploy::DeploymentGroup');
const alarms = template
  .ofType('AWS::CloudWatch::Alarm')
  .filter(({ properties }) => template.text(properties.AlarmName).includes('-rolls-back-'));

describe('a deployment all at once', () => {
  it('is the default, and creates no resource of CodeDeploy', () => {
    expect(plain.resources.filter(({ type }) => type.startsWith('AWS::CodeDeploy::'))).toEqual([]);
    expect(plain.ofType('AWS::Lambda::Alias').map(({ logicalId }) => logicalId)).toEqual(
      aliases.map(({ logicalId }) => logicalId),
    );
  });
});

describe('a canary deployment', () => {
  it('gives a tenth of the calls of every alias to the new version for five minutes', () => {
    expect(groups).toHaveLength(aliases.length);
    for (const { properties } of groups) {
      expect(properties).toMatchObject({
        DeploymentConfigName: 'CodeDeployDefault.LambdaCanary10Percent5Minutes',
        DeploymentStyle: { DeploymentOption: 'WITH_TRAFFIC_CONTROL', DeploymentType: 'BLUE_GREEN' },
      });
    }
    const moved = aliases.map(
      ({ updatePolicy }) =>
        asObject(asObject(asObject(updatePolicy).CodeDeployLambdaAliasUpdate).DeploymentGroupName).Ref,
    );
    expect(moved.sort()).toEqual(groups.map(({ logicalId }) => logicalId).sort());
  });

  it('is taken back when the new version throws, or answers with an error that it caused', () => {
    for (const { properties } of groups) {
      expect(properties.AutoRollbackConfiguration).toEqual({
        Enabled: true,
        Events: ['DEPLOYMENT_FAILURE', 'DEPLOYMENT_STOP_ON_REQUEST', 'DEPLOYMENT_STOP_ON_ALARM'],
      });
      const { Alarms, Enabled } = asObject(properties.AlarmConfiguration);
      const watched = asArray(Alarms).map((alarm) => asObject(asObject(alarm).Name).Ref);
      const metrics = alarms.flatMap(({ logicalId, properties: { MetricName } }) =>
        watched.includes(logicalId) ? [MetricName] : [],
      );
      const expected = String(properties.DeploymentGroupName).startsWith('rotate')
        ? ['Errors']
        : ['Errors', 'ErrorsOfVersion'];
      expect({ Enabled, metrics: metrics.sort() }).toEqual({ Enabled: true, metrics: expected });
    }
  });

  it('looks at the new version alone, so that an error of the old one does not block its fix', () => {
    expect(alarms.length).toBeGreaterThan(groups.length);
    for (const { properties } of alarms) {
      const dimensions = Object.fromEntries(
        asArray(properties.Dimensions).map((one) => [asObject(one).Name, asObject(one).Value]),
      );
      const version = dimensions.ExecutedVersion ?? dimensions.version;
      expect(version).toEqual({ 'Fn::GetAtt': [expect.stringContaining('CurrentVersion'), 'Version'] });
      // A name of its own: an alarm that is updated keeps the state it had for the version before.
      expect(template.text(properties.AlarmName)).toMatch(/-<\w*CurrentVersion\w*\.Version>$/);
      expect(properties).toMatchObject({ Period: 60, Threshold: 1, TreatMissingData: 'notBreaching' });
    }
  });

  it('notifies no topic, and its description names the runbook', () => {
    for (const { properties } of alarms) {
      expect(properties).not.toHaveProperty('AlarmActions');
      expect(String(properties.AlarmDescription)).toContain('#a-deployment-that-was-taken-back');
    }
  });
});

describe('the role of CodeDeploy', () => {
  const role = template.one('AWS::IAM::Role', 'CanaryDeploymentRole');

  it('moves the aliases of this vault and looks at alarms, by no managed policy', () => {
    expect(role.properties).not.toHaveProperty('ManagedPolicyArns');
    const [move, look, ...others] = template.statementsOf(role);
    expect(move?.Action).toEqual([
      'lambda:GetAlias',
      'lambda:GetProvisionedConcurrencyConfig',
      'lambda:UpdateAlias',
    ]);
    const functions = asArray(move?.Resource).map((resource) => template.text(resource));
    const withAlias = new Set(aliases.map(({ properties }) => asObject(properties.FunctionName).Ref));
    expect(functions).toHaveLength(2 * withAlias.size);
    for (const arn of functions) expect(arn).toMatch(/^<VaultFunctions\w+Function\.Arn>(:\*)?$/);
    expect(functions.join()).not.toContain('Reconcile');
    expect(look).toMatchObject({ Action: 'cloudwatch:DescribeAlarms', Resource: '*' });
    expect(others).toEqual([]);
  });

  it('can only be assumed for deployments of this vault in this account', () => {
    const [trust, ...others] = statementsIn(role.properties.AssumeRolePolicyDocument);
    expect(others).toEqual([]);
    expect(trust).toMatchObject({
      Principal: { Service: 'codedeploy.amazonaws.com' },
      Condition: { StringEquals: { 'aws:SourceAccount': { Ref: 'AWS::AccountId' } } },
    });
    expect(template.text(asObject(trust?.Condition?.ArnLike)['aws:SourceArn'])).toMatch(
      /:codedeploy:.*:deploymentgroup:AdobeTokenVault\/\*$/,
    );
  });
});
