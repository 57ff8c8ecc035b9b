import type { FormerKeyOpener } from '../../../../functions/core/ports/sealing.ts';
import { createFakeKeyRing } from '../../../support/fakes/fake-key-ring.ts';
import { createFakeSealing, type FakeSealing } from '../../../support/fakes/fake-token-sealer.ts';

export interface ReplacedKey {
  readonly sealing: FakeSealing;
  readonly former: FormerKeyOpener;
  /** From now on the present key seals; what is stored is under the former one. */
  replace(): void;
}

/** Sealing whose key is replaced once, at the moment of the test's choice. */
export function createReplacedKey(): ReplacedKey {
  const ring = createFakeKeyRing();
  const plain = createFakeSealing();
  let { sealer } = plain;
  return {
    sealing: {
      ...plain,
      opener: ring.opener,
      sealer: { prepare: (context) => sealer.prepare(context) },
    },
    former: ring.former,
    replace() {
      sealer = ring.sealer;
    },
  };
}
