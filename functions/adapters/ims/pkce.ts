import { createHash, randomBytes } from 'node:crypto';
import { Secret } from '../../core/secret.ts';

export interface Pkce {
  readonly verifier: Secret;
  readonly challenge: string;
}

/**
 * A code verifier of 256 random bits and its S256 challenge.
 * @see https://www.rfc-editor.org/rfc/rfc7636#section-4.1
 */
export function createPkce(): Pkce {
  const verifier = randomBytes(32).toString('base64url');
  return {
    verifier: new Secret(verifier),
    challenge: createHash('sha256').update(verifier, 'ascii').digest('base64url'),
  };
}
