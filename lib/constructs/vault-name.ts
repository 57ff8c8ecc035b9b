import { createHash } from 'node:crypto';
import { Stack, Tags } from 'aws-cdk-lib';
import type { Construct, IConstruct } from 'constructs';
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
  const name = [stack.stackName, ...path.filter((id) => id !== 'Vault')]
    .join('-')
    .replace(/[^A-Za-z0-9-]/g, '-');
  if (name.length <= MAX_LENGTH) return name;
  const digest = createHash('sha256').update(name).digest('hex').slice(0, DIGEST_LENGTH);
  return `${name.slice(0, MAX_LENGTH - DIGEST_LENGTH - 1)}-${digest}`;
}

/** Tags the vault's resources, so that they and their cost can be told apart in the account. */
export function tagVault(
  construct: IConstruct,
  vaultName: string,
  tags: Readonly<Record<string, string>>,
): void {
  for (const [key, value] of Object.entries({ ...tags, [VAULT_TAG]: vaultName })) {
    Tags.of(construct).add(key, value);
  }
}

/** The stack that is deployed by name: a nested stack has a name only after the deployment. */
export function topLevelStackOf(construct: IConstruct): Stack {
  let stack = Stack.of(construct);
  while (stack.nestedStackParent !== undefined) stack = stack.nestedStackParent;
  return stack;
}
