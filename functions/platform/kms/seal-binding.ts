import type { SealBinding, SealContext } from '../../core/domain/sealed-token.ts';
import { canonicalJson } from './canonical-json.ts';

/** What KMS checks and CloudTrail records. */
export function encryptionContextOf(context: SealContext): Record<string, string> {
  return { connection: context.connectionId, purpose: context.purpose, clientId: context.clientId };
}

/**
 * The additional authenticated data of a sealed token: the envelope's own header, then the canonical JSON of the whole
 * binding. The header states its own length, so the two cannot run into one another.
 */
export function additionalDataOf(header: Uint8Array, binding: SealBinding): Uint8Array {
  const { generation, version } = binding;
  const facts = { ...encryptionContextOf(binding), generation, version };
  const text =
    binding.purpose === 'access'
      ? canonicalJson({ ...facts, expiresAtMs: binding.expiresAtMs, scopeSet: binding.scopeSet })
      : canonicalJson(facts);
  return Buffer.concat([header, Buffer.from(text, 'utf8')]);
}
