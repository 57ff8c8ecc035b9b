import { Stack } from 'aws-cdk-lib';
import { StringParameter } from 'aws-cdk-lib/aws-ssm';
import { afterAll, describe, expect, it } from 'vitest';
import { BrowserFrontStack, type BrowserFrontStackProps, DeploymentError } from '../../lib/index.ts';
import { createVaultBench } from '../support/synth/vault-bench.ts';

const bench = await createVaultBench();
afterAll(() => bench.dispose());

const PROPS = {
  domainName: 'connect.example.test',
  certificateArn: 'arn:aws:acm:us-east-1:111122223333:certificate/0a1b2c3d-0000-4000-8000-1234567890ab',
  vaultDomainName: 'vault.example.test',
};

function frontWith(changes: Partial<BrowserFrontStackProps>): () => BrowserFrontStack {
  return () => new BrowserFrontStack(bench.emptyApp(), 'Front', { ...PROPS, ...changes });
}

describe('a front that could not be deployed, or that would call nothing', () => {
  it.each<[string, object]>([
    [
      'domainName of the browser front must be a host name. It is "https://connect.test"',
      { domainName: 'https://connect.test' },
    ],
    [
      'vaultDomainName of the browser front must be a host name. It is "https://vault.test"',
      { vaultDomainName: 'https://vault.test' },
    ],
    [
      'vaultDomainName of the browser front must be a host name. It is undefined',
      { vaultDomainName: undefined },
    ],
    [
      'vaultDomainName of the browser front must be another host name than domainName. It is "connect.example.test"',
      { vaultDomainName: PROPS.domainName },
    ],
    [
      'certificateArn of the browser front must be the ARN of a certificate in us-east-1. It is "arn:aws:acm:eu-west-1:111122223333:certificate/0a1b2c3d"',
      { certificateArn: 'arn:aws:acm:eu-west-1:111122223333:certificate/0a1b2c3d' },
    ],
    ...[9, 10.5, Number.NaN, 2_000_000_001].map((requestsPerAddress): [string, object] => [
      `requestsPerAddress of the browser front must be a whole number from 10 to 2000000000. It is ${requestsPerAddress}`,
      { requestsPerAddress },
    ]),
  ])('is refused: the property %s', (sentence, changes) => {
    expect(frontWith(changes)).toThrow(new DeploymentError('SETTING_INVALID', `The property ${sentence}`));
  });
});

describe('a front', () => {
  it('takes values that only the deployment knows', () => {
    const stack = new Stack(bench.emptyApp(), 'Names');
    const domainName = StringParameter.valueForStringParameter(stack, '/connect');
    const certificateArn = StringParameter.valueForStringParameter(stack, '/certificate');
    expect(frontWith({ domainName, certificateArn, requestsPerAddress: 10 })).not.toThrow();
  });
});
