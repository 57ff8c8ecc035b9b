import { readFileSync } from 'node:fs';
import type { Stack } from 'aws-cdk-lib';
import { afterAll, describe, expect, it } from 'vitest';
import { BrowserFrontStack } from '../../lib/browser-front-stack.ts';
import type { TokenVaultSettings } from '../../lib/settings/token-vault-settings.ts';
import { compliancePage } from '../../tools/compliance/compliance-page.ts';
import { complianceResults } from '../../tools/compliance/compliance-results.ts';
import { CONTROL_TOWER, SECURITY_HUB } from '../../tools/compliance/controls.ts';
import { createVaultBench } from '../support/synth/vault-bench.ts';

const bench = await createVaultBench();
afterAll(bench.dispose);

const vaultWith = (settings: Partial<TokenVaultSettings>) => complianceResults(bench.vaultStack(settings));

const everything: Partial<TokenVaultSettings> = {
  deployment: 'canary',
  canaryConnectionId: 'ops.canary',
  alarmTopicArn: 'arn:aws:sns:eu-west-1:111122223333:on-call',
  reservedConcurrency: { rotate: 20 },
  domainName: 'vault.example.test',
  certificateArn: 'arn:aws:acm:eu-west-1:111122223333:certificate/0a1b2c3d-0000-4000-8000-1234567890ab',
};

function frontStack(): Stack {
  return new BrowserFrontStack(bench.emptyApp(), 'Front', {
    domainName: 'connect.example.test',
    certificateArn: 'arn:aws:acm:us-east-1:111122223333:certificate/0a1b2c3d-0000-4000-8000-1234567890ab',
    vaultDomainName: 'vault.example.test',
  });
}

const standard = vaultWith({});
const strict = vaultWith({ compliance: 'strict' });
const vaults = {
  'the standard level': standard,
  'the strict level': strict,
  'the standard level with every option': vaultWith({ ...everything, tracing: true, dataEvents: true }),
  'the strict level with every option': vaultWith({ ...everything, compliance: 'strict' }),
  'the strict level without a trail': vaultWith({ compliance: 'strict', dataEvents: false }),
  'the front in CloudFront': complianceResults(frontStack()),
};

describe.each(Object.entries(vaults))('The rules of cdk-nag, in %s', (_level, { rules, unused }) => {
  it('have no finding without a reason', () => {
    const open = rules.filter(({ isMet, reason }) => !isMet && reason === undefined);
    expect(open.map(({ finding, resource }) => `${finding} on ${resource}`)).toEqual([]);
    expect(rules.length).toBeGreaterThan(5);
  });

  it('have no reason without a finding', () => {
    expect(unused).toEqual([]);
  });
});

describe.each(Object.entries(vaults))(
  'The other controls, in %s',
  (_level, { securityHub, controlTower }) => {
    it('are met, or the resource says why not', () => {
      const open = [...securityHub, ...controlTower].filter(
        ({ isMet, reason }) => !isMet && reason === undefined,
      );
      expect(open.map(({ control, resource }) => `${control.id} on ${resource}`)).toEqual([]);
    });
  },
);

it('each control and each of its reasons is of use in some vault', () => {
  const all = Object.values(vaults).flatMap(({ securityHub, controlTower }) => [
    ...securityHub,
    ...controlTower,
  ]);
  for (const control of [...SECURITY_HUB, ...CONTROL_TOWER]) {
    const results = all.filter((one) => one.control === control);
    expect(results.length, control.id).toBeGreaterThan(0);
    const isExcused = control.rule !== undefined || control.whyNot !== undefined;
    expect(
      results.some(({ isMet }) => !isMet),
      `${control.id} has a reason, or needs one`,
    ).toBe(isExcused);
  }
});

describe('the strict level', () => {
  it('meets what the standard level answers with a reason that names it', () => {
    const named = standard.rules.filter(({ reason }) => reason?.includes('compliance: strict'));
    expect(new Set(named.map(({ rule }) => rule))).toEqual(
      new Set([
        'CloudWatchLogGroupEncrypted',
        'LambdaTracing',
        'SNSEncryptedKMS',
        'SecretsManagerUsingKMSKey',
      ]),
    );
    for (const { finding, resource } of named) {
      const inStrict = strict.rules.filter((one) => one.finding === finding && one.resource === resource);
      expect(
        inStrict.map(({ isMet }) => isMet),
        `${finding} on ${resource}`,
      ).toEqual([true]);
    }
  });
});

it('docs/generated/compliance.md says what the packs and controls find', () => {
  const page = readFileSync(new URL('../../docs/generated/compliance.md', import.meta.url), 'utf8');
  expect(page, 'run "npm run docs"').toBe(compliancePage({ standard, strict }));
});
