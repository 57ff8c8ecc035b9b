import { NONCE_BYTES, parseEnvelope } from '../../../../client/sealed-token/envelope.ts';
import { encryptionContextOf } from '../../../../client/sealed-token/seal-binding.ts';
import { openWithDataKey, sealWithDataKey } from '../../../../functions/adapters/kms/token-sealing.ts';
import type { Connection } from '../../../../functions/core/connection/connection.ts';
import type { SealedRefreshToken } from '../../../../functions/core/connection/sealed-token.ts';
import { Secret } from '../../../../functions/core/secret.ts';
import type { KmsService } from '../../../../local/aws/kms/kms-service.ts';
import { askStandIn } from './stand-in-call.ts';

type Owner = Pick<Connection, 'connectionId' | 'clientId'>;

/** Sees which refresh token a sealed one is, as nobody outside a test could. */
export interface TokenVision {
  open(owner: Owner, token: SealedRefreshToken): Promise<string>;
  /** Seals a successor as a rotator would. */
  seal(
    owner: Owner,
    identity: Omit<SealedRefreshToken, 'sealed'>,
    token: string,
  ): Promise<SealedRefreshToken>;
}

export function createTokenVision(kms: KmsService, refreshKeyArn: string): TokenVision {
  const opened = new Map<string, Promise<string>>();
  const bindingOf = (
    { connectionId, clientId }: Owner,
    { generation, version }: Omit<SealedRefreshToken, 'sealed'>,
  ) => ({ purpose: 'refresh', connectionId, clientId, generation, version }) as const;

  const openOnce = async (owner: Owner, token: SealedRefreshToken): Promise<string> => {
    const envelope = parseEnvelope(token.sealed);
    if (!envelope) throw new Error('A stored token has no known format.');
    const binding = bindingOf(owner, token);
    const { Plaintext } = await askStandIn(kms, {
      operation: 'Decrypt',
      body: {
        CiphertextBlob: Buffer.from(envelope.wrappedKey).toString('base64'),
        EncryptionContext: encryptionContextOf(binding),
      },
    });
    return openWithDataKey(envelope, binding, Buffer.from(String(Plaintext), 'base64')).reveal();
  };

  return {
    open(owner, token) {
      const key = Buffer.from(token.sealed).toString('base64');
      const known = opened.get(key) ?? openOnce(owner, token);
      opened.set(key, known);
      return known;
    },
    async seal(owner, identity, token) {
      const binding = bindingOf(owner, identity);
      const made = await askStandIn(kms, {
        operation: 'GenerateDataKey',
        body: { KeyId: refreshKeyArn, KeySpec: 'AES_256', EncryptionContext: encryptionContextOf(binding) },
      });
      const key = {
        plaintext: Buffer.from(String(made.Plaintext), 'base64'),
        wrapped: Buffer.from(String(made.CiphertextBlob), 'base64'),
      };
      const nonce = crypto.getRandomValues(new Uint8Array(NONCE_BYTES));
      return { ...identity, sealed: sealWithDataKey(new Secret(token), binding, key, nonce) };
    },
  };
}
