import assert from 'node:assert/strict';
import { complaintsAboutApp, resourcesOf, templatesIn } from '../../support/synth/assembly-checks.ts';
import { asArray, asObject, type JsonObject, statementsIn } from '../../support/synth/template.ts';
import type { INPUTS } from './consumer/inputs.ts';
import type { PLACES } from './consumer/places.ts';

/** What the consumer's project printed of one case. */
export interface CaseOutcome {
  readonly name: string;
  /** Where it was synthesised. */
  readonly directory: string;
  readonly seconds: number;
  readonly thrown?: { readonly code?: string; readonly message: string };
  readonly warnings: readonly string[];
}

/** Says in a few words what was checked. @throws AssertionError */
export type Expectation = (outcome: CaseOutcome) => string;

type CaseName = keyof typeof PLACES | keyof typeof INPUTS;

interface GrantWanted {
  /** The value of the variable for the Region, if it is known at synthesis. */
  readonly region?: string;
  /** Names of further variables. */
  readonly variables?: readonly string[];
  readonly actions?: readonly string[];
}

const READ_TOKENS = ['execute-api:Invoke', 'dynamodb:GetItem', 'kms:Decrypt'];
const VARIABLES = ['URL', 'REGION', 'TABLE', 'KEY_ARN', 'CLIENT_ID', 'PARTS'].map(
  (name) => `ADOBE_TOKEN_VAULT_${name}`,
);
const TO_FUNCTION = 'granted: policy, environment and their order';

/** The consumer's function has the permissions, the variables, and waits for the permissions. */
function grantsToFunction({ region, variables = [], actions = READ_TOKENS }: GrantWanted = {}): Expectation {
  return (outcome) => {
    assertSound(outcome);
    for (const template of consumers(outcome)) {
      const [[, consumer] = ['', {}], ...others] = functionsOf(template);
      assert.equal(others.length, 0, 'one consumer');
      const environment = asObject(asObject(asObject(consumer.Properties).Environment).Variables);
      for (const name of [...VARIABLES, ...variables]) assert.ok(name in environment, `${name} is set`);
      if (region !== undefined) assert.equal(environment.ADOBE_TOKEN_VAULT_REGION, region);
      const policies = assertPermits(template, actions, region);
      // Or the function may run before it is permitted to do anything.
      assert.ok(
        policies.some((id) => asArray(consumer.DependsOn).includes(id)),
        `the consumer depends on its policy (${policies}), not only on ${asArray(consumer.DependsOn)}`,
      );
    }
    return TO_FUNCTION;
  };
}

/** A caller that is no function has the permissions. */
const grantsToCaller: Expectation = (outcome) => {
  assertSound(outcome);
  const [photos] = templatesIn(outcome.directory);
  assertPermits(photos?.template ?? {}, READ_TOKENS);
  return 'granted: policy';
};

function refuses(code: string, ...words: readonly string[]): Expectation {
  return ({ thrown }) => {
    assert.equal(thrown?.code, code, thrown?.message ?? 'it was accepted');
    for (const word of words) assert.ok(thrown.message.includes(word), `“${word}” in: ${thrown.message}`);
    return `refused, and names ${words[0] ?? code}`;
  };
}

function warns(...words: readonly string[]): Expectation {
  return (outcome) => {
    assertSound(outcome);
    for (const word of words) {
      assert.ok(
        outcome.warnings.some((text) => text.includes(word)),
        `a warning with “${word}”`,
      );
    }
    return `a warning says “${words[0]}”`;
  };
}

function synthesises(check: (templates: readonly JsonObject[], outcome: CaseOutcome) => string): Expectation {
  return (outcome) => {
    assertSound(outcome);
    return check(
      templatesIn(outcome.directory).map(({ template }) => template),
      outcome,
    );
  };
}

const ROLE = "accessRoleFor('444455556666', …)";

/** Typed so that a new case needs an expectation. */
export const EXPECTED: Readonly<Record<CaseName, Expectation>> = {
  'vault and consumer in one stack': grantsToFunction(),
  'vault in a nested stack, consumer in its parent': grantsToFunction(),
  'consumer in a nested stack, vault in its parent': grantsToFunction(),
  'vault and consumer in two nested stacks': grantsToFunction(),
  'vault two nested stacks deep, consumer in another stack': grantsToFunction(),
  'consumer in another stack': grantsToFunction(),
  'consumer in another Region': grantsToFunction({ region: 'eu-west-1' }),
  'consumer in another Region, without crossRegionReferences': refuses(
    'REGION_UNREACHABLE',
    'crossRegionReferences: true',
  ),
  'import into another Region': grantsToFunction({ region: 'eu-west-1' }),
  'import of the attributes of a vault of the app': grantsToFunction(),
  'import of exported values': ({ thrown, directory }) => {
    assert.equal(thrown, undefined);
    // Another app exports them.
    const complaints = complaintsAboutApp(directory).filter((one) => !one.includes('"photos:'));
    assert.deepEqual(complaints, []);
    return 'references to the exports';
  },
  'import into another account, without a role': refuses('ACCESS_ROLE_MISSING', ROLE),
  'import into another account, with the role of accessRoleFor': grantsToFunction({
    region: 'eu-west-1',
    variables: ['ADOBE_TOKEN_VAULT_ROLE_ARN'],
    actions: ['sts:AssumeRole'],
  }),
  'consumer in another account of one app': refuses('ACCESS_ROLE_MISSING', ROLE, 'fromAttributes'),
  'the same vault in two stages': synthesises((templates) => {
    assert.equal(templates.length, 4);
    const names = templates.flatMap((template) =>
      Object.values(resourcesOf(template)).flatMap(({ Type, Properties }) =>
        Type === 'AWS::Lambda::Function' ? [JSON.stringify(asObject(Properties).FunctionName)] : [],
      ),
    );
    const own = names.filter((name) => name !== undefined);
    assert.equal(new Set(own).size, own.length, 'no function shares its name with that of another stage');
    return `${own.length} functions with ${own.length} names`;
  }),
  'the same vault in two stages of one account and Region': grantsToFunction({ region: 'eu-west-1' }),
  'two vaults in one stack, for one function': refuses('SECOND_VAULT', "vault.named('films')"),
  'two vaults in two stacks, for one function': refuses('SECOND_VAULT', "vault.named('films')"),
  'two vaults with names, for one function': grantsToFunction({
    variables: VARIABLES.map((name) => name.replace('VAULT_', 'VAULT_FILMS_')),
  }),
  'two vaults that would share a name': refuses('VAULT_NAME_TAKEN', 'Photos-Films'),
  'a grant to a role': grantsToCaller,
  'a grant to a user': grantsToCaller,
  'a grant to a group': grantsToCaller,
  'a grant to an alias': grantsToFunction(),
  'a grant to a version': grantsToFunction(),
  'a grant to a singleton function': grantsToFunction(),
  'a grant to a function of an image': grantsToFunction(),
  'a grant to the role of a task': grantsToCaller,
  'a grant to a state machine': grantsToCaller,
  'a grant to an imported role that keeps its policies': warns(
    'added nothing to Photos/',
    'execute-api:Invoke',
  ),
  'a grant to an imported function': warns(
    'cannot set the environment of Photos/Consumer',
    'Add this statement there: {"Action":"execute-api:Invoke"',
  ),
  'a grant to nothing': refuses('CALLER_INVALID', 'fromFunctionAttributes'),
  'the same grant twice': grantsToFunction(),
  'a grant over 120 tenants': synthesises(assertSmallPolicies),
  'a role for another account over 120 tenants': synthesises(assertSmallPolicies),
  'a grant over the tenant of each call': grantsToFunction({
    variables: ['ADOBE_TOKEN_VAULT_TENANT_ROLE_ARN'],
    actions: ['sts:AssumeRole', 'sts:TagSession'],
  }),
  'a pattern that is known only at deployment': refuses('PATTERN_INVALID', 'valueFromLookup'),
  'settings that are known only at deployment': grantsToFunction(),
  'settings that the CDK looks up': (outcome) => {
    grantsToFunction({ region: 'eu-west-1' })(outcome);
    return 'asks the CDK to look them up';
  },
  'a boundary, tags and a removal policy on everything': synthesises(([template = {}]) => {
    const roles = Object.values(resourcesOf(template)).filter(({ Type }) => Type === 'AWS::IAM::Role');
    assert.ok(roles.length > 8);
    for (const { Properties } of roles) {
      assert.ok('PermissionsBoundary' in asObject(Properties), 'each role has the boundary');
      assert.match(JSON.stringify(Properties), /"cost-center"/);
    }
    return `${roles.length} roles with the boundary and the tag`;
  }),
  'a stack with the longest name': grantsToFunction(),
  'a stack of its own': synthesises(([template = {}]) => {
    for (const name of ['CallbackUrl', 'ClientSecretName', 'AuthorizeUrl', 'AlarmTopicArn', 'VaultName']) {
      assert.ok(name in asObject(template.Outputs), `the output ${name}`);
    }
    return 'its outputs have plain names';
  }),
};

/**
 * What differs where the package finds another copy of the CDK than the app: `TokenVaultStack` is then a stack of that copy, and
 * without an `env` neither copy can tell that it is where the stacks of the app are.
 */
export const EXPECTED_OF_TWO_COPIES: Readonly<Partial<Record<CaseName, Expectation>>> = {
  'the same vault in two stages': refuses('SECOND_CDK', 'Give both stacks an env'),
};

function assertSound({ thrown, directory }: CaseOutcome): void {
  assert.equal(thrown, undefined, thrown?.message);
  assert.deepEqual(complaintsAboutApp(directory), []);
}

/** The templates that have a function of the consumer. */
function consumers({ directory }: CaseOutcome): readonly JsonObject[] {
  const found = templatesIn(directory)
    .map(({ template }) => template)
    .filter((template) => functionsOf(template).length > 0);
  assert.ok(found.length > 0, 'a template with the consumer');
  return found;
}

function functionsOf(template: JsonObject) {
  return Object.entries(resourcesOf(template)).filter(
    ([id, { Type }]) => Type === 'AWS::Lambda::Function' && id.includes('Consumer'),
  );
}

/** The logical ids of the policies that permit one of these actions. */
function assertPermits(template: JsonObject, actions: readonly string[], region?: string): readonly string[] {
  const policies = Object.entries(resourcesOf(template)).filter(
    ([id, { Type }]) => Type === 'AWS::IAM::Policy' && id.includes('Consumer'),
  );
  const statements = policies.flatMap(([, { Properties }]) =>
    statementsIn(asObject(Properties).PolicyDocument),
  );
  for (const action of actions) {
    const found = statements.filter(({ Action }) => asArray(Action).includes(action));
    assert.ok(found.length > 0, `a statement permits ${action}`);
    for (const { Resource } of found) {
      assert.notEqual(Resource, '*');
      if (region === undefined || !action.startsWith('execute-api')) continue;
      assert.match(JSON.stringify(Resource), new RegExp(`:execute-api:${region}:`));
    }
  }
  return policies.map(([id]) => id);
}

/** IAM's quotas, with room for what references resolve to: 10,240 characters within a role, 6,144 in a managed policy. */
function assertSmallPolicies(templates: readonly JsonObject[]): string {
  const policies = templates
    .flatMap((template) => Object.entries(resourcesOf(template)))
    .filter(([id, { Type }]) => /Policy$/.test(String(Type)) && /Consumer|AccessFor/.test(id));
  assert.match(JSON.stringify(policies), /tenant119\./);
  for (const [id, { Type, Properties }] of policies) {
    const arns = JSON.stringify(asObject(Properties).PolicyDocument).replace(
      /\{"Fn::Join":\["",\[(.*?)\]\]\}/g,
      '$1',
    );
    const characters = arns
      .replace(/\{"(?:Ref|Fn::GetAtt|Fn::ImportValue)":[^}]*\}/g, 'x'.repeat(14))
      .replace(/","|",|,"/g, '').length;
    assert.ok(
      characters < (Type === 'AWS::IAM::Policy' ? 10_240 : 6_144),
      `${id} has ${characters} characters`,
    );
  }
  return `${policies.length} policies within IAM's quotas`;
}
