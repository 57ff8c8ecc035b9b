import type { SealBinding, SealContext } from '../connection/sealed-token.ts';
import type { Secret } from '../secret.ts';

/**
 * Seals tokens: one KMS data key per token, AES-256-GCM, additional data = the whole binding.
 * Preparing needs the network. Sealing does not, so that no call stands between Adobe's answer and its write.
 */
export interface TokenSealer {
  /** Throws `PlatformError` `KEY_UNAVAILABLE` or `ACCESS_DENIED`. */
  prepare(context: SealContext): Promise<PreparedSeal>;
}

export interface PreparedSeal {
  /** Synchronous on purpose. A prepared seal seals exactly one token; a second call throws. */
  seal(token: Secret, binding: SealBinding): Uint8Array;
}

/** Opens sealed tokens. Only roles that are allowed to decrypt have one. */
export interface TokenOpener {
  /** Throws `PlatformError` `SEAL_BROKEN`, `KEY_UNKNOWN`, `KEY_UNAVAILABLE` or `ACCESS_DENIED`. */
  open(sealed: Uint8Array, binding: SealBinding): Promise<Secret>;
}

/** Finds the tokens that only a former key opens. */
export interface FormerKeyOpener {
  /** The token, if a former key opens it. Throws as `open` does. */
  openFormer(sealed: Uint8Array, binding: SealBinding): Promise<Secret | 'present-key'>;
}
