import { createHash } from 'node:crypto';
import { Stack, Tags } from 'aws-cdk-lib';
import type { Construct, IConstruct } from 'constructs';
import { DeploymentError } from '../deployment-error.ts';
import { VAULT_TAG } from '../settings/setting-formats.ts';

/** Function names are at most 64 characters and add up to 13 to the vault's. */
const MAX_LENGTH = 48;
const DIGEST_LENGTH = 8;

/**
 * Prefix of every physical name of one vault. It derives from the name of the top-level stack, which is known at
 * synthesis, so several vaults can share an account. Nested stacks and a second vault in one stack add their construct ids.
 */
export function nameOfVault(vault: Construct): string {
  const stack = topLevelStackOf(vault);
  const path = vault.node.scopes.slice(stack.node.scopes.length).map(({ node }) => node.id);
  const full = [stack.stackName, ...path.filter((id) => id !== 'Vault')].join('-');
  const name = full.replace(/[^A-Za-z0-9-]/g, '-');
  // Two names that differ in what is left out must differ still.
  if (name === full && name.length <= MAX_LENGTH) return reserved(vault, stack, name);
  return reserved(vault, stack, `${name.slice(0, MAX_LENGTH - DIGEST_LENGTH - 1)}-${digestOf(full)}`);
}

export function digestOf(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, DIGEST_LENGTH);
}

interface Reservation {
  readonly path: string;
  readonly stackName: string;
}

/** By app, and then by account, Region and name. */
const reservations = new WeakMap<IConstruct, Map<string, Reservation>>();

/**
 * A stack `Photos` with a vault `Films`, and a stack `Photos-Films`, would both name their functions `Photos-Films-…`: the second
 * deployment would fail. Stacks of one name are stages of one app, for accounts or Regions that the deployment chooses.
 */
function reserved(vault: Construct, stack: Stack, name: string): string {
  const inApp = reservations.get(vault.node.root) ?? new Map<string, Reservation>();
  reservations.set(vault.node.root, inApp);
  const place = `${stack.account}/${stack.region}/${name}`;
  const other = inApp.get(place);
  const isStage = other?.stackName === stack.stackName && !other.path.startsWith(`${stack.node.path}/`);
  if (other !== undefined && !isStage) {
    throw new DeploymentError(
      'VAULT_NAME_TAKEN',
      `The token vaults ${other.path} and ${vault.node.path} would both be named ${name}. Give one of them, or its stack, another id.`,
    );
  }
  inApp.set(place, { path: vault.node.path, stackName: stack.stackName });
  return name;
}

/** CloudFormation takes tags of a dashboard in some Regions only: in the others such a template cannot be deployed. */
const UNTAGGED = ['AWS::CloudWatch::Dashboard'];

/** Tags the vault's resources, so that they and their cost can be told apart in the account. */
export function tagVault(
  construct: IConstruct,
  vaultName: string,
  tags: Readonly<Record<string, string>>,
): void {
  for (const [key, value] of Object.entries({ ...tags, [VAULT_TAG]: vaultName })) {
    Tags.of(construct).add(key, value, { excludeResourceTypes: UNTAGGED });
  }
}

/** The stack that is deployed by name: a nested stack has a name only after the deployment. */
export function topLevelStackOf(construct: IConstruct): Stack {
  let stack = Stack.of(construct);
  while (stack.nestedStackParent !== undefined) stack = stack.nestedStackParent;
  return stack;
}
