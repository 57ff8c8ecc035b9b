import type { App, Stack } from 'aws-cdk-lib';
import { afterAll, describe, expect, it } from 'vitest';
import { BrowserFrontStack } from '../../lib/browser-front-stack.ts';
import { ExampleConsumerStack } from '../../lib/example-consumer-stack.ts';
import { asArray, asObject } from '../support/synth/template.ts';
import { createVaultBench } from '../support/synth/vault-bench.ts';

const bench = await createVaultBench();
afterAll(() => bench.dispose());

const certificateArn = 'arn:aws:acm:us-east-1:111122223333:certificate/0a1b2c3d-0000-4000-8000-1234567890ab';
const vaultStack = bench.vaultStack({ deployment: 'canary' });
const app = vaultStack.node.root as App;
const consumer = new ExampleConsumerStack(app, 'Photos', {
  vault: vaultStack.vault,
  functionBundles: bench.functionBundles,
});
const front = new BrowserFrontStack(app, 'Front', {
  domainName: 'connect.example.test',
  certificateArn,
  vaultDomainName: 'vault.example.test',
});
const assembly = app.synth();

/** What cdk-nag 2 reads: `<logical id without its digest> <rule>[<finding>]`. */
function suppressionsIn({ stackName }: Stack): readonly string[] {
  const { Resources } = asObject(assembly.getStackByName(stackName).template);
  const all = Object.entries(asObject(Resources)).flatMap(([logicalId, resource]) =>
    asArray(asObject(asObject(asObject(resource).Metadata).cdk_nag).rules_to_suppress)
      .map(asObject)
      .map(({ id, reason, applies_to }) => {
        expect(String(reason).length, `the reason at ${logicalId}`).toBeGreaterThanOrEqual(10);
        const findings = asArray(applies_to).map((finding) => `[${finding}]`);
        return `${logicalId.replace(/[0-9A-F]{8}$/, '')} ${id}${findings.join('')}`;
      }),
  );
  return all;
}

describe('acknowledged findings', () => {
  it('stand in the metadata of the resources too, where cdk-nag 2 reads them', () => {
    expect(suppressionsIn(vaultStack)).toEqual(
      expect.arrayContaining([
        'VaultHttpApiGETauthorize AwsSolutions-APIG4',
        'VaultHttpApiGETcallback AwsSolutions-APIG4',
        'VaultTablesAccessTokens AwsSolutions-DDB3',
        'VaultTablesEphemeral AwsSolutions-DDB3',
        'VaultSecretsClientSecret AwsSolutions-SMG4',
        'VaultSecretsCookieKey AwsSolutions-SMG4',
        'VaultCanaryDeploymentRoleDefaultPolicy AwsSolutions-IAM5[Resource::*]',
        'VaultFunctionsRotateRoleDefaultPolicy AwsSolutions-IAM5[Resource::arn:<AWS::Partition>:scheduler:<AWS::Region>:<AWS::AccountId>:schedule/AdobeTokenVault/*]',
      ]),
    );
    expect(suppressionsIn(front)).toEqual(
      expect.arrayContaining(['Distribution AwsSolutions-CFR1', 'Distribution AwsSolutions-CFR3']),
    );
  });

  it('name each wildcard of a grant as cdk-nag 2 does, before references to other stacks are exports', () => {
    const found = suppressionsIn(consumer).filter((one) => one.includes('DefaultPolicy'));
    expect(found).toContainEqual(
      expect.stringMatching(
        /^LightroomReaderRoleDefaultPolicy AwsSolutions-IAM5\[Resource::arn:<AWS::Partition>:execute-api:<AWS::Region>:<AWS::AccountId>:<VaultHttpApi[0-9A-F]{8}>\/\$default\/GET\/access-tokens\/demo\.\*\]$/,
      ),
    );
    expect(new Set(found).size, 'each of them once').toBe(found.length);
  });
});
