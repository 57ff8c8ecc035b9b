import type {
  SealBinding,
  SealContext,
  SealPurpose,
} from '../../../functions/core/connection/sealed-token.ts';
import { PlatformError } from '../../../functions/core/platform-error.ts';
import type { FormerKeyOpener, TokenOpener, TokenSealer } from '../../../functions/core/ports/sealing.ts';
import { Secret } from '../../../functions/core/secret.ts';

export interface FakeSealing {
  readonly sealer: TokenSealer;
  readonly opener: TokenOpener;
  /** An opener of a role that may use one key only, as every role but `rotate` is. */
  openerFor(purpose: SealPurpose): TokenOpener;
  readonly counts: { readonly prepared: number; readonly sealed: number; readonly opened: number };
}

const TAG = 'fake-seal.';

/**
 * Reversible, tagged and bound: opening under any other binding fails. The bytes hold nothing readable of the token,
 * so a search for leaked tokens in what is stored stays meaningful.
 */
export function createFakeSealing(): FakeSealing {
  const counts = { prepared: 0, sealed: 0, opened: 0 };

  const open = async (sealed: Uint8Array, binding: SealBinding): Promise<Secret> => {
    await Promise.resolve();
    counts.opened += 1;
    const text = Buffer.from(sealed).toString('utf8');
    const [bound, hidden] = text.startsWith(TAG) ? text.slice(TAG.length).split('.') : [];
    if (hidden === undefined || bound !== encoded(canonical(binding))) {
      throw new PlatformError('SEAL_BROKEN', 'The sealed token belongs to another binding or is corrupted.');
    }
    return new Secret(scrambled(Buffer.from(hidden, 'base64url')).toString('utf8'));
  };

  return {
    counts,
    opener: { open },
    openerFor: (purpose) => ({
      async open(sealed, binding) {
        if (binding.purpose === purpose) return open(sealed, binding);
        throw new PlatformError('ACCESS_DENIED', `This role may open ${purpose} tokens only.`, {
          reason: 'AccessDeniedException',
        });
      },
    }),
    sealer: {
      async prepare(context) {
        await Promise.resolve();
        counts.prepared += 1;
        let used = false;
        return {
          seal(token, binding) {
            if (used) throw new TypeError('A prepared seal seals exactly one token.');
            if (!belongsTo(binding, context)) {
              throw new TypeError('A prepared seal seals only for the context it was prepared for.');
            }
            used = true;
            counts.sealed += 1;
            const hidden = scrambled(Buffer.from(token.reveal(), 'utf8')).toString('base64url');
            return new Uint8Array(Buffer.from(`${TAG}${encoded(canonical(binding))}.${hidden}`));
          },
        };
      },
    },
  };
}

function belongsTo(binding: SealBinding, context: SealContext): boolean {
  return (
    binding.purpose === context.purpose &&
    binding.connectionId === context.connectionId &&
    binding.clientId === context.clientId
  );
}

function canonical(binding: SealBinding) {
  return JSON.stringify(Object.entries(binding).sort(([one], [other]) => (one < other ? -1 : 1)));
}

function encoded(text: string) {
  return Buffer.from(text).toString('base64url');
}

function scrambled(bytes: Buffer) {
  return bytes.map((byte) => byte ^ 0xa5) as Buffer;
}

const PRESENT = Buffer.from('present-key:');

/**
 * Fake sealing with two keys: what it seals from now on carries the mark of the present key, what the plain fake sealed
 * before is of the former one.
 */
export function createFakeKeyRing() {
  const { sealer, opener } = createFakeSealing();
  const isPresent = (sealed: Uint8Array) => Buffer.from(sealed).subarray(0, PRESENT.length).equals(PRESENT);
  const bytesOf = (sealed: Uint8Array) => (isPresent(sealed) ? sealed.subarray(PRESENT.length) : sealed);
  const former: FormerKeyOpener = {
    async openFormer(sealed, binding) {
      const token = await opener.open(bytesOf(sealed), binding);
      return isPresent(sealed) ? 'present-key' : token;
    },
  };
  return {
    isPresent,
    former,
    opener: { open: (sealed: Uint8Array, binding: SealBinding) => opener.open(bytesOf(sealed), binding) },
    sealer: {
      prepare: async (context: Parameters<typeof sealer.prepare>[0]) => {
        const prepared = await sealer.prepare(context);
        const seal: typeof prepared.seal = (token, binding) =>
          new Uint8Array(Buffer.concat([PRESENT, prepared.seal(token, binding)]));
        return { seal };
      },
    },
  };
}
