import { readFileSync } from 'node:fs';
import { afterAll, afterEach, describe, expect, it, vi } from 'vitest';
import { createTokenClient } from '../../client/index.ts';
import { TokenVaultGrants } from '../../lib/iam/token-vault-grants.ts';
import { readCloudAssembly } from '../../local/template/cloud-assembly.ts';
import { planDeployment } from '../../local/template/deployment.ts';
import { consumerPage, DOCUMENTED_GRANTS } from '../../tools/docs/consumer-page.ts';
import { createVaultBench } from '../support/synth/vault-bench.ts';

const bench = await createVaultBench();
afterAll(() => bench.dispose());
afterEach(() => vi.unstubAllEnvs());

const page = readFileSync(new URL('../../docs/generated/consumer.md', import.meta.url), 'utf8');

describe('docs/generated/consumer.md', () => {
  it('is what `npm run docs` writes from the template', () => {
    expect(page).toBe(consumerPage(bench.emptyApp(), bench.functionBundles));
  });

  it('has every grant of the construct', () => {
    const grants = Object.getOwnPropertyNames(TokenVaultGrants.prototype).filter((name) =>
      /^grant/.test(name),
    );

    expect(Object.keys(DOCUMENTED_GRANTS).toSorted()).toEqual(grants.toSorted());
  });

  it('leaves no reference of a template in a policy or a value', () => {
    expect(page).not.toMatch(/Fn::|"Ref"|\bundefined\b/);
  });

  it.each(['no role', 'ROLE_ARN', 'TENANT_ROLE_ARN'])(
    'has the variables by which the client is set up by hand, with %s',
    (assumed) => {
      const app = bench.emptyApp();
      bench.vaultStack({}, { app });
      app.synth();
      const { stacks } = planDeployment(readCloudAssembly(app.outdir), {
        place: {
          accountId: '111122223333',
          region: 'eu-west-1',
          partition: 'aws',
          urlSuffix: 'amazonaws.com',
        },
      });
      const values: Record<string, string> = {
        ...stacks[0]?.outputs,
        Region: 'eu-west-1',
        AccessRoleArn: 'arn:aws:iam::111122223333:role/access',
        TenantRoleArn: 'arn:aws:iam::111122223333:role/tenants',
      };
      const rows = [...page.matchAll(/^\| `(ADOBE_TOKEN_VAULT_\w+)` \|.*\| `<(\w+)>` \| `[^`]+` \|$/gm)];
      expect(rows).toHaveLength(8);
      for (const [, name = '', output = ''] of rows) {
        const value = values[output] ?? '';
        expect(value, output).not.toBe('');
        if (name.endsWith('ROLE_ARN') && name !== `ADOBE_TOKEN_VAULT_${assumed}`) continue;
        const role = assumed === 'ROLE_ARN' ? values.AccessRoleArn : values.TenantRoleArn;
        const addition = assumed !== 'no role' && name.endsWith('PARTS') ? ` ${assumed}=${role}` : '';
        vi.stubEnv(name, value + addition);
      }

      expect(() => createTokenClient()).not.toThrow();
      vi.stubEnv('ADOBE_TOKEN_VAULT_TABLE', 'AnotherTable');
      expect(() => createTokenClient()).toThrow('ADOBE_TOKEN_VAULT_TABLE is "AnotherTable", not');
    },
  );
});
