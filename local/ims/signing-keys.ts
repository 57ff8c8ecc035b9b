import { createHmac, generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto';

/** `ims` and `ims_na1-key-1` are published; the key of access and refresh tokens is not, as observed of Adobe. */
export type SigningKeyId = 'ims' | 'ims_na1-key-1' | 'ims_na1-key-at-1';

export interface SigningKeys {
  signRs256(kid: SigningKeyId, input: string): Buffer;
  signHs256(input: string): Buffer;
  publishedKeys(): { keys: Record<string, unknown>[] };
}

const publishedKeyIds = ['ims', 'ims_na1-key-1'] as const;

/** Keys are generated on first use: an RSA pair costs tens of milliseconds that most tests never need to pay. */
export const createSigningKeys = (): SigningKeys => {
  const pairs = new Map<SigningKeyId, { privateKey: KeyObject; publicKey: KeyObject }>();
  const hmacKey = randomBytes(32);

  const pairFor = (kid: SigningKeyId) => {
    const known = pairs.get(kid);
    if (known !== undefined) return known;
    const pair = generateKeyPairSync('rsa', { modulusLength: 2048 });
    pairs.set(kid, pair);
    return pair;
  };

  return {
    signRs256: (kid, input) => sign('sha256', Buffer.from(input), pairFor(kid).privateKey),
    signHs256: (input) => createHmac('sha256', hmacKey).update(input).digest(),
    publishedKeys: () => ({
      keys: publishedKeyIds.map((kid) => ({
        ...pairFor(kid).publicKey.export({ format: 'jwk' }),
        kid,
        use: 'sig',
        alg: 'RS256',
      })),
    }),
  };
};
