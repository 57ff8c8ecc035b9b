import { Tags } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';
import { VAULT_TAG } from '../settings/setting-formats.ts';

/** Tells the vault's resources, and their share of the bill, from everything else of the account. */
export function tagVault(
  construct: IConstruct,
  vaultName: string,
  tags: Readonly<Record<string, string>>,
): void {
  for (const [key, value] of Object.entries({ ...tags, [VAULT_TAG]: vaultName })) {
    Tags.of(construct).add(key, value);
  }
}
