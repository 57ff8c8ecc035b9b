import type { SealBinding } from '../../../functions/core/connection/sealed-token.ts';
import type { FormerKeyOpener } from '../../../functions/core/ports/sealing.ts';
import { createFakeSealing } from './fake-token-sealer.ts';

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
