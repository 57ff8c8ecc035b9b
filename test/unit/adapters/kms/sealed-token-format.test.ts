import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseEnvelope } from '../../../../client/sealed-token/envelope.ts';
import { openWithDataKey, sealWithDataKey } from '../../../../functions/adapters/kms/token-sealing.ts';
import type { SealBinding } from '../../../../functions/core/connection/sealed-token.ts';
import { PlatformError } from '../../../../functions/core/platform-error.ts';
import { Secret } from '../../../../functions/core/secret.ts';
import vectorFile from '../../../vectors/sealed-tokens.json' with { type: 'json' };
import { type DocumentedBinding, openIndependently } from './independent-opener.ts';

interface VectorFile {
  readonly vectors: readonly Vector[];
  readonly broken: readonly BrokenVector[];
}

interface BrokenVector {
  readonly name: string;
  readonly binding: SealBinding;
  readonly dataKey: string;
  readonly sealed: string;
}

interface Vector extends BrokenVector {
  readonly wrappedKey: string;
  readonly nonce: string;
  readonly token: string;
}

const { vectors, broken } = vectorFile as VectorFile;

function bytes(hex: string) {
  return new Uint8Array(Buffer.from(hex, 'hex'));
}

function documented({ connectionId, ...rest }: SealBinding): DocumentedBinding {
  return {
    ...rest,
    connection: connectionId,
  };
}

function open(sealed: Uint8Array, binding: SealBinding, dataKey: Uint8Array): Secret | undefined {
  const envelope = parseEnvelope(sealed);
  return envelope && openWithDataKey(envelope, binding, dataKey);
}

describe('the sealed token format', () => {
  it.each(vectors)('seals $name to the documented bytes and opens them', (vector) => {
    const key = { plaintext: bytes(vector.dataKey), wrapped: bytes(vector.wrappedKey) };
    const sealed = sealWithDataKey(new Secret(vector.token), vector.binding, key, bytes(vector.nonce));
    expect(Buffer.from(sealed).toString('hex')).toBe(vector.sealed);
    expect(open(sealed, vector.binding, key.plaintext)?.reveal()).toBe(vector.token);
  });

  it.each(vectors)('is readable from its documentation alone: $name', async (vector) => {
    const token = await openIndependently(
      bytes(vector.sealed),
      documented(vector.binding),
      async (wrappedKey) => {
        expect(Buffer.from(wrappedKey).toString('hex')).toBe(vector.wrappedKey);
        return bytes(vector.dataKey);
      },
    );
    // TextDecoder drops a leading byte order mark; the product keeps it.
    expect(token).toBe(vector.token.replace(/^\ufeff/, ''));
  });

  it.each(broken)('refuses $name', async ({ sealed, binding, dataKey }) => {
    const outcome = refusal(() => open(bytes(sealed), binding, bytes(dataKey)));
    expect(outcome).toBe('refused');
    await expect(
      openIndependently(bytes(sealed), documented(binding), async () => bytes(dataKey)),
    ).rejects.toThrow();
  });

  it('refuses every single changed byte', () => {
    const [vector] = vectors;
    if (!vector) throw new Error('No vectors.');
    const { binding, dataKey, sealed } = vector;
    for (let at = 0; at < bytes(sealed).length; at += 1) {
      const changed = bytes(sealed).map((byte, index) => (index === at ? byte ^ 0x80 : byte));
      expect(
        refusal(() => open(changed, binding, bytes(dataKey))),
        `byte ${at}`,
      ).toBe('refused');
    }
  });

  it('answers hostile bytes with nothing but a refusal', () => {
    const [vector] = vectors;
    if (!vector) throw new Error('No vectors.');
    const header = fc.constantFrom(new Uint8Array(), bytes('4154565301010001'), bytes('415456530101ffff'));
    fc.assert(
      fc.property(header, fc.uint8Array({ maxLength: 80 }), (start, rest) => {
        const hostile = new Uint8Array(Buffer.concat([start, rest]));
        expect(refusal(() => open(hostile, vector.binding, bytes(vector.dataKey)))).toBe('refused');
      }),
    );
  });

  it('opens what it sealed, for any token and binding', () => {
    const text = fc.string({ minLength: 1, unit: 'binary' });
    fc.assert(
      fc.property(text, fc.string(), fc.nat(), (token, generation, version) => {
        const binding = {
          purpose: 'refresh',
          connectionId: 'a',
          clientId: 'c',
          generation,
          version,
        } as const;
        const key = { plaintext: new Uint8Array(32), wrapped: new Uint8Array([1]) };
        const sealed = sealWithDataKey(new Secret(token), binding, key, new Uint8Array(12));
        expect(open(sealed, binding, key.plaintext)?.reveal()).toBe(token);
      }),
    );
  });
});

function refusal(attempt: () => Secret | undefined): string {
  try {
    return attempt() === undefined ? 'refused' : 'opened';
  } catch (error) {
    return error instanceof PlatformError && error.code === 'SEAL_BROKEN' ? 'refused' : `crashed: ${error}`;
  }
}
