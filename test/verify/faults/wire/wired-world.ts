import { createConsentStore } from '../../../../functions/adapters/dynamodb/consent-store.ts';
import { createIms } from '../../../../functions/adapters/ims/ims-client.ts';
import type { ProviderMode } from '../../../../local/ims/refresh-token-rules.ts';
import type { FakeVaultBase } from '../../../support/fake-vault/fake-vault.ts';
import { EXAMPLE_CLIENT_ID } from '../../../support/fakes/example-records.ts';
import { type CrashWorld, createCrashWorld, type Wiring } from '../crash-world.ts';
import type { Scenario } from '../preparations.ts';
import { type CrashPointReport, runCrashPoints } from '../run-crash-points.ts';
import { createImsFetch } from './ims-wire.ts';
import { createWiredParts } from './wired-parts.ts';
import { createWiredProcess, wireKindsAt } from './wired-process.ts';

/** The real use cases over the real adapters: their clients reach stand-ins of this process over a wire that may fail. */
async function createWiredWorld(mode: ProviderMode): Promise<CrashWorld> {
  let ready: Promise<void> | undefined;
  const world = createCrashWorld(mode, undefined, (base) => {
    const wired = wire(base);
    ready = wired.ready;
    return wired.wiring;
  });
  await ready;
  return world;
}

function wire(base: FakeVaultBase): { readonly wiring: Wiring; readonly ready: Promise<void> } {
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

/**
 * Every request of the real adapters as a crash point, where IMS forgives least. What a fault of the wire becomes at a port
 * does not depend on what IMS does with a used token, so one mode is enough.
 */
export async function runWireFaults(scenarios: readonly Scenario[]): Promise<CrashPointReport> {
  const { random } = Math;
  // The SDK pauses a random share of a growing time before it tries again: here it is always none of it.
  Math.random = () => 0;
  try {
    return await runCrashPoints(scenarios, ['strict'], createWiredWorld);
  } finally {
    Math.random = random;
  }
}
