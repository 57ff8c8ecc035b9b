import type { KMSClient } from '@aws-sdk/client-kms';
import type { SealPurpose } from '../../core/connection/sealed-token.ts';
import { PlatformError } from '../../core/platform-error.ts';

/** A function names only the keys its role may use. */
export interface KmsKeys {
  readonly kms: KMSClient;
  readonly refreshKeyArn?: string;
  readonly accessKeyArn?: string;
  /** Keys that were replaced: what they sealed is still opened, and nothing is sealed under them. */
  readonly formerRefreshKeyArns?: readonly string[];
  readonly formerAccessKeyArns?: readonly string[];
}

export function keyArnFor(keys: KmsKeys, purpose: SealPurpose): string {
  const arn = purpose === 'refresh' ? keys.refreshKeyArn : keys.accessKeyArn;
  if (arn === undefined) {
    throw new PlatformError('ACCESS_DENIED', `This function does not use the ${purpose} key.`);
  }
  return arn;
}

export function formerKeyArnsFor(keys: KmsKeys, purpose: SealPurpose): readonly string[] {
  return (purpose === 'refresh' ? keys.formerRefreshKeyArns : keys.formerAccessKeyArns) ?? [];
}
