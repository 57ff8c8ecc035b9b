import { Tags } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';
import { VAULT_TAG } from '../settings/setting-formats.ts';

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
