import { canonicalJson } from './canonical-json.ts';

interface BindingOfAnyToken {
  readonly connectionId: string;
  readonly clientId: string;
  readonly generation: string;
  readonly version: number;
}

export interface AccessTokenBinding extends BindingOfAnyToken {
  readonly purpose: 'access';
  readonly expiresAtMs: number;
  /** `*` = everything granted, else the space-delimited, sorted scope set. */
  readonly scopeSet: string;
}

/** Everything a sealed token is bound to. */
export type TokenBinding = AccessTokenBinding | (BindingOfAnyToken & { readonly purpose: 'refresh' });

/** What KMS checks and CloudTrail records. */
export function encryptionContextOf(
  context: Pick<TokenBinding, 'connectionId' | 'purpose' | 'clientId'>,
): Record<string, string> {
  return { connection: context.connectionId, purpose: context.purpose, clientId: context.clientId };
}

/**
 * The additional authenticated data of a sealed token: the envelope's own header, then the canonical JSON of the whole
 * binding. The header states its own length, so the two cannot run into one another.
 */
export function additionalDataOf(header: Uint8Array, binding: TokenBinding): Uint8Array {
  const { generation, version } = binding;
  const facts = { ...encryptionContextOf(binding), generation, version };
  const text =
    binding.purpose === 'access'
      ? canonicalJson({ ...facts, expiresAtMs: binding.expiresAtMs, scopeSet: binding.scopeSet })
      : canonicalJson(facts);
  return Buffer.concat([header, Buffer.from(text, 'utf8')]);
}
