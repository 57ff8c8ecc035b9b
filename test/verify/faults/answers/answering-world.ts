import { createIms } from '../../../../functions/adapters/ims/ims.ts';
import { EXAMPLE_CLIENT_ID } from '../../../support/fakes/example-records.ts';
import { createFakeDueIndex } from '../../../support/fakes/fake-connection-indexes.ts';
import { createFakeConsentStore } from '../../../support/fakes/fake-consent-store.ts';
import type { ProviderMode } from '../../../support/fakes/ims-token-book.ts';
import type { BenchBase } from '../../../support/rotation/rotation-bench.ts';
import { type CrashWorld, createCrashWorld, type Wiring } from '../crash-world.ts';
import { createImsFetch, responseOf } from '../wire/ims-wire.ts';
import { ANSWER_FAULTS } from './answer-faults.ts';
import { createTimedProcess, type ImsLine } from './timed-process.ts';

interface AnsweringOptions {
  readonly graceMs?: number;
  /** The first post whose response is tried in every way. */
  readonly fromPost?: 1 | 2;
}

/** The real use cases and the real adapter of IMS, in virtual time; all other ports are fakes that never fail. */
export function createAnsweringWorld(
  mode: ProviderMode,
  { graceMs, fromPost = 1 }: AnsweringOptions = {},
): CrashWorld {
  return createCrashWorld(mode, graceMs, (base) => wire(base, fromPost));
}

function wire({ clock, ims, memory }: BenchBase, fromPost: number): Wiring {
  const line: ImsLine = {};
  const fetcher = createImsFetch(ims, async (call, post) =>
    line.carry ? line.carry(call, post) : responseOf(await call.perform()),
  );
  return {
    parts: () => ({}),
    deps: {
      ims: createIms({ imsBaseUrl: 'https://ims.test', clientId: EXAMPLE_CLIENT_ID, clock, fetch: fetcher }),
    },
    ports: {
      dueIndex: createFakeDueIndex(memory),
      consents: createFakeConsentStore({ clock }),
    },
    kindsAt: (point) => (Number(point.split('#')[1]) < fromPost ? [] : [...ANSWER_FAULTS.keys()]),
    createProcess: (options) => createTimedProcess(options, ims, line),
    leaveWire: () => undefined,
  };
}
