import { Stack } from 'aws-cdk-lib';
import { Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Code, Function as LambdaFunction, Runtime } from 'aws-cdk-lib/aws-lambda';
import type { Construct } from 'constructs';
import { afterAll, afterEach, describe, expect, it, vi } from 'vitest';
import { ClientEnvironmentError, createTokenClient } from '../../client/index.ts';
import { TokenVault } from '../../lib/constructs/token-vault.ts';
import { perTenant } from '../../lib/iam/tenant-fence.ts';
import type { TokenVaultGrants } from '../../lib/iam/token-vault-grants.ts';
import { readCloudAssembly } from '../../local/template/cloud-assembly.ts';
import { planDeployment, resourcesOfType } from '../../local/template/deployment.ts';
import { TEST_SETTINGS } from '../support/synth/test-settings.ts';
import { createVaultBench, templateOf } from '../support/synth/vault-bench.ts';

const bench = await createVaultBench();
afterAll(() => bench.dispose());
afterEach(() => vi.unstubAllEnvs());

const FENCE = { connections: 'acme.*' };
const PLACE = {
  accountId: '111122223333',
  region: 'eu-west-1',
  partition: 'aws',
  urlSuffix: 'amazonaws.com',
};
const IMPORTED = {
  apiId: 'imported1',
  apiUrl: 'https://vault.acme.example',
  accessTokensTableName: 'AccessTokens-Imported',
  accessKeyArn: 'arn:aws:kms:eu-west-1:111122223333:key/imported',
  clientId: 'test-client-id',
};
const ELSEWHERE = {
  ...IMPORTED,
  accessKeyArn: 'arn:aws:kms:us-east-1:444455556666:key/elsewhere',
  accessRoleArn: 'arn:aws:iam::444455556666:role/access',
};

type Environment = Readonly<Record<string, string>>;

/** The variables of functions as a deployment resolves them, by the id of the function. */
function environmentsOf(build: (stack: Stack) => void): Readonly<Record<string, Environment>> {
  const app = bench.emptyApp();
  const stack = new Stack(app, 'Photos', { env: { account: PLACE.accountId, region: PLACE.region } });
  build(stack);
  app.synth();
  const deployment = planDeployment(readCloudAssembly(app.outdir), { place: PLACE });
  return Object.fromEntries(
    resourcesOfType(deployment, 'AWS::Lambda::Function').map(({ logicalId, properties }) => {
      const { Variables = {} } = (properties.Environment ?? {}) as { Variables?: Environment };
      const own = Object.entries(Variables).filter(([name]) => name.startsWith('ADOBE_TOKEN_VAULT_'));
      return [logicalId.slice(0, -8), Object.fromEntries(own)];
    }),
  );
}

function vaultIn(scope: Construct, id: string): TokenVault {
  return new TokenVault(scope, id, { settings: TEST_SETTINGS, functionBundles: bench.functionBundles });
}

function functionIn(scope: Construct, id: string, environment: Environment = {}): LambdaFunction {
  return new LambdaFunction(scope, id, {
    code: Code.fromInline('exports.handler = async () => {};'),
    handler: 'index.handler',
    runtime: Runtime.NODEJS_24_X,
    role: new Role(scope, `${id}Role`, { assumedBy: new ServicePrincipal('lambda.amazonaws.com') }),
    environment,
  });
}

const ASKED_OF_THE_VAULT = (vault: TokenVaultGrants, fn: LambdaFunction) => vault.grantStatus(fn, FENCE);
const READ_DIRECTLY = (vault: TokenVaultGrants, fn: LambdaFunction) => vault.grantAccessTokens(fn, FENCE);

const sets = environmentsOf((stack) => {
  const first = vaultIn(stack, 'First');
  const second = vaultIn(stack, 'Second');
  READ_DIRECTLY(first, functionIn(stack, 'ReadsFirst'));
  READ_DIRECTLY(second, functionIn(stack, 'ReadsSecond'));
  ASKED_OF_THE_VAULT(second, functionIn(stack, 'AsksSecond'));
  second.grantAccessTokens(functionIn(stack, 'ReadsTenants'), { connections: perTenant() });
  READ_DIRECTLY(TokenVault.fromAttributes(stack, 'Imported', IMPORTED), functionIn(stack, 'ReadsImported'));
  READ_DIRECTLY(
    TokenVault.fromAttributes(stack, 'Elsewhere', ELSEWHERE),
    functionIn(stack, 'ReadsElsewhere'),
  );
});

/** What creating a client says, and the hosts that its first vend asks. */
async function hostsAsked(environment: Environment, vault?: string): Promise<readonly string[]> {
  vi.unstubAllEnvs();
  vi.stubEnv('AWS_REGION', 'eu-west-1');
  for (const [name, value] of Object.entries(environment)) vi.stubEnv(name, value);
  const hosts: string[] = [];
  const client = createTokenClient({
    ...(vault !== undefined && { vault }),
    credentials: { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'example' },
    fetch: async (input) => {
      hosts.push(new URL(String(input)).host);
      return Response.json({ message: 'No.' }, { status: 403 });
    },
  });
  await expect(client.getAccessToken('acme.user-1')).rejects.toThrow();
  return hosts;
}

/** Every way to take each variable from one set or from the other. */
function mixturesOf(one: Environment, other: Environment): readonly Environment[] {
  const names = [...new Set([...Object.keys(one), ...Object.keys(other)])];
  return Array.from({ length: 2 ** names.length }, (_, bits) => {
    const taken = names.map((name, at) => [name, ((bits >> at) & 1 ? one : other)[name]] as const);
    return Object.fromEntries(taken.filter((pair): pair is [string, string] => pair[1] !== undefined));
  });
}

const isSame = (one: Environment, other: Environment): boolean =>
  JSON.stringify(Object.entries(one).sort()) === JSON.stringify(Object.entries(other).sort());

const NAMES = ['ReadsFirst', 'ReadsSecond', 'AsksSecond', 'ReadsTenants', 'ReadsImported', 'ReadsElsewhere'];
const PAIRS = NAMES.flatMap((one, at) => NAMES.slice(at + 1).map((other) => [one, other] as const));

describe('the environment of a grant', () => {
  it.each(NAMES)('of %s is accepted as it is', async (name) => {
    expect(await hostsAsked(sets[name] ?? {})).not.toHaveLength(0);
  });

  it.each(PAIRS)('of %s mixed with that of %s is refused before any request', async (one, other) => {
    const whole = [sets[one] ?? {}, sets[other] ?? {}] as const;
    const mixtures = mixturesOf(...whole).filter((mixture) => !whole.some((set) => isSame(set, mixture)));
    expect(mixtures.length).toBeGreaterThan(5);

    for (const mixture of mixtures) {
      vi.unstubAllEnvs();
      for (const [name, value] of Object.entries(mixture)) vi.stubEnv(name, value);
      expect(() => createTokenClient(), JSON.stringify(mixture)).toThrow(
        expect.objectContaining({ code: 'client_environment' }),
      );
    }
  });

  it.each(NAMES)(
    'of %s with one variable changed or missing is refused, and the variable is named',
    (name) => {
      for (const variable of Object.keys(sets[name] ?? {})) {
        for (const value of [undefined, 'https://edited.example']) {
          // Without its parts, the address of an API alone is as a person would set it.
          if (name === 'AsksSecond' && variable.endsWith('PARTS') && value === undefined) continue;
          vi.unstubAllEnvs();
          for (const [each, known] of Object.entries({ ...sets[name], [variable]: value })) {
            if (known !== undefined) vi.stubEnv(each, known);
          }
          const refusal = refusalOf(() => createTokenClient());
          expect(refusal.variables, `${variable} ${value}`).toContain(variable);
          expect(refusal.message).toContain(variable);
        }
      }
    },
  );
});

function refusalOf(create: () => unknown): ClientEnvironmentError {
  try {
    create();
  } catch (error) {
    if (error instanceof ClientEnvironmentError) return error;
    throw error;
  }
  throw new Error('It was accepted.');
}

describe('two vaults in one function', () => {
  it('are chosen by name', async () => {
    const { Both = {} } = environmentsOf((stack) => {
      const both = functionIn(stack, 'Both');
      vaultIn(stack, 'First').grantAccessTokens(both, FENCE);
      TokenVault.fromAttributes(stack, 'Imported', ELSEWHERE).named('films').grantAccessTokens(both, FENCE);
    });

    expect((await hostsAsked(Both)).at(-1)).toMatch(/\.execute-api\.eu-west-1\.amazonaws\.com$/);
    expect((await hostsAsked(Both, 'films'))[0]).toBe('sts.us-east-1.amazonaws.com');
    expect(() => createTokenClient({ vault: 'music' })).toThrow(
      'set ADOBE_TOKEN_VAULT_MUSIC_URL or pass `url`. The environment knows films: choose one with `vault`.',
    );
    expect(() => createTokenClient({ vault: 'Films' })).toThrow('not "Films"');
  });

  it('keep what an earlier grant of the same vault has set, in either order', () => {
    const { Once, Other } = environmentsOf((stack) => {
      const vault = vaultIn(stack, 'First').named('films');
      const [once, other] = [functionIn(stack, 'Once'), functionIn(stack, 'Other')];
      READ_DIRECTLY(vault, once);
      ASKED_OF_THE_VAULT(vault, once);
      ASKED_OF_THE_VAULT(vault, other);
      READ_DIRECTLY(vault, other);
    });

    expect(Once).toEqual(Other);
    expect(Once).toHaveProperty('ADOBE_TOKEN_VAULT_FILMS_TABLE');
  });

  it('under one name are refused with the way out', () => {
    const stack = new Stack(bench.emptyApp(), 'Photos');
    const consumer = functionIn(stack, 'Consumer');
    const [first, second] = [vaultIn(stack, 'First'), vaultIn(stack, 'Second')];
    first.grantAccessTokens(consumer, FENCE);

    expect(() => second.grantStatus(consumer, FENCE)).toThrow(
      "Photos/Consumer already holds the environment of another token vault without a name. Give this one another name: grant from vault.named('films'), and choose it with createTokenClient({ vault: 'films' }).",
    );
    second.named('films').grantStatus(consumer, FENCE);
    expect(() => first.named('films').grantStatus(consumer, FENCE)).toThrow(
      'another token vault named films',
    );
    expect(() => second.named('Films')).toThrow('"Films" cannot be the name of a vault');
  });

  it('fit into the environment that Lambda allows, which is measured with the function’s own variables', () => {
    const grantThree = (own: Environment) => {
      const stack = new Stack(bench.emptyApp(), 'Photos');
      const consumer = functionIn(stack, 'Consumer', own);
      READ_DIRECTLY(vaultIn(stack, 'First'), consumer);
      for (const name of ['films', 'music']) {
        READ_DIRECTLY(
          TokenVault.fromAttributes(stack, name, { ...ELSEWHERE, apiId: name }).named(name),
          consumer,
        );
      }
      return templateOf(stack);
    };

    expect(() => grantThree({})).not.toThrow();
    expect(() => grantThree({ OWN: 'x'.repeat(2_500) })).toThrow(
      /The environment of the function Photos\/Consumer has at least \d+ bytes and may have 4096/,
    );
  });
});

describe('the attributes of an imported vault', () => {
  it.each([
    [{ apiUrl: 'https://other1.execute-api.eu-west-1.amazonaws.com' }, 'apiId is imported1, but apiUrl is'],
    [{ apiUrl: 'https://imported1.execute-api.us-east-1.amazonaws.com' }, 'the Region is eu-west-1'],
  ])('%o of another vault are refused', (other, message) => {
    const stack = new Stack(bench.emptyApp(), 'Team');

    expect(() => TokenVault.fromAttributes(stack, 'Vault', { ...IMPORTED, ...other })).toThrow(message);
  });
});
