import { createConsentStore } from '../../../../functions/adapters/dynamodb/consent-store.ts';
import { createIms } from '../../../../functions/adapters/ims/ims.ts';
import { EXAMPLE_CLIENT_ID } from '../../../support/fakes/example-records.ts';
import type { ProviderMode } from '../../../support/fakes/ims-token-book.ts';
import type { BenchBase } from '../../../support/rotation/rotation-bench.ts';
import { type CrashWorld, createCrashWorld, type Wiring } from '../crash-world.ts';
import { createImsFetch } from './ims-wire.ts';
import { createWiredParts } from './wired-parts.ts';
import { createWiredProcess, wireKindsAt } from './wired-process.ts';

/** The real use cases over the real adapters: their clients reach stand-ins of this process over a wire that may fail. */
export async function createWiredWorld(mode: ProviderMode): Promise<CrashWorld> {
  let ready: Promise<void> | undefined;
  const world = createCrashWorld(mode, undefined, (base) => {
    const wired = wire(base);
    ready = wired.ready;
    return wired.wiring;
  });
  await ready;
  return world;
}

function wire(base: BenchBase): { readonly wiring: Wiring; readonly ready: Promise<void> } {
  const { clock, ims } = base;
  const { parts, dueIndex, subjects, ephemeralTable, ready, leaveWire } = createWiredParts(base);
  return {
    ready,
    wiring: {
      parts: () => parts,
      deps: {
        subjects,
        ims: createIms({
          imsBaseUrl: 'https://ims.test',
          clientId: EXAMPLE_CLIENT_ID,
          clock,
          fetch: createImsFetch(ims),
        }),
      },
      ports: {
        dueIndex,
        consents: createConsentStore({ ...ephemeralTable, clock }),
      },
      kindsAt: wireKindsAt,
      createProcess: createWiredProcess,
      leaveWire,
    },
  };
}
