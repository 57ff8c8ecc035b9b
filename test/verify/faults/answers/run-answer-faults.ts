import { createIms } from '../../../../functions/adapters/ims/ims-client.ts';
import { PROVIDER_MODES, type ProviderMode } from '../../../../local/ims/refresh-token-rules.ts';
import type { FakeVaultBase } from '../../../support/fake-vault/fake-vault.ts';
import { EXAMPLE_CLIENT_ID } from '../../../support/fakes/example-records.ts';
import { createFakeDueIndex } from '../../../support/fakes/fake-connection-indexes.ts';
import { createFakeConsentStore } from '../../../support/fakes/fake-consent-store.ts';
import { type CrashWorld, createCrashWorld, type Wiring } from '../crash-world.ts';
import type { Scenario } from '../preparations.ts';
import { type CrashPointReport, type FaultyRun, runCrashPoints } from '../run-crash-points.ts';
import { SCENARIOS } from '../scenarios.ts';
import { createImsFetch, responseOf } from '../wire/ims-wire.ts';
import { ANSWER_FAULTS, type AnswerFaultKind } from './answer-faults.ts';
import { createTimedProcess, type ImsLine } from './timed-process.ts';

const SHORT_GRACE_MS = 60_000;
const ROTATION = 'rotate by schedule';
/** The use cases that post a token or a code, each in its own way. */
const POSTING = [
  ROTATION,
  'rotate by vend',
  'narrower scopes',
  'last try with previous',
  'callback of a sign-in',
  'callback of a consent session',
];
/** What becomes of the first post, so that there is a second one. */
const TWICE: readonly (readonly [string, AnswerFaultKind])[] = [
  [ROTATION, 'answer broken off before the first byte'],
  [ROTATION, 'answer after 40 s'],
  [ROTATION, 'answer never'],
  ['rotate by vend', 'answer broken off before the first byte'],
];

function named(...names: readonly string[]): readonly Scenario[] {
  return SCENARIOS.filter(({ name }) => names.includes(name));
}

export interface AnswerReport {
  /** As the file of expected outcomes has them. */
  readonly pinned: readonly FaultyRun[];
  readonly rulesOnly: readonly FaultyRun[];
}

/** Every way in which the responses of IMS can arrive, or not, in every mode of the provider. */
export async function runAnswerFaults(): Promise<AnswerReport> {
  const { runs } = await runFirstAnswers(POSTING, PROVIDER_MODES);
  return { pinned: [...runs, ...(await runSecondAnswers())], rulesOnly: await runShortGrace() };
}

/** Of the first post that a use case makes. */
export async function runFirstAnswers(
  names: readonly string[],
  modes: readonly ProviderMode[],
): Promise<CrashPointReport> {
  const { points, runs } = await runCrashPoints(named(...names), modes, createAnsweringWorld);
  return { points, runs: runs.map(pinned) };
}

/** Of the second post, after what became of the first. */
async function runSecondAnswers(): Promise<readonly FaultyRun[]> {
  const scenarios = TWICE.flatMap(([name, kind]) => named(name).map((scenario) => after(kind, scenario)));
  const { runs } = await runCrashPoints(scenarios, PROVIDER_MODES, (mode) =>
    createAnsweringWorld(mode, { fromPost: 2 }),
  );
  return runs.map(pinned);
}

/** With a grace of a minute, one response that went wrong must be made good within the same run. */
export async function runShortGrace(names = [ROTATION, 'narrower scopes']): Promise<readonly FaultyRun[]> {
  const { runs } = await runCrashPoints(named(...names), ['grace'], (mode) =>
    createAnsweringWorld(mode, { graceMs: SHORT_GRACE_MS }),
  );
  return runs.map((run) => ({ ...run, broken: [...run.broken, ...lostInGrace(run)] }));
}

function pinned(run: FaultyRun): FaultyRun {
  const fault = ANSWER_FAULTS.get(run.kind as AnswerFaultKind);
  return fault ? { ...run, kind: fault.pinnedAs, detail: run.kind } : run;
}

function lostInGrace({ grant, kind }: FaultyRun): readonly string[] {
  const asksToWait = ANSWER_FAULTS.get(kind as AnswerFaultKind)?.asksToWait ?? false;
  return grant === 'lost' && !asksToWait ? ['a grant was lost to one response, within the grace'] : [];
}

function after(kind: AnswerFaultKind, scenario: Scenario): Scenario {
  return {
    ...scenario,
    name: `${scenario.name}: first ${kind}`,
    losesAnswers: true,
    outage: (point) => (point === 'IMS.token#1' ? kind : undefined),
  };
}

interface AnsweringOptions {
  readonly graceMs?: number;
  /** The first post whose response is tried in every way. */
  readonly fromPost?: 1 | 2;
}

/** The real use cases and the real adapter of IMS, in virtual time; all other ports are fakes that never fail. */
function createAnsweringWorld(
  mode: ProviderMode,
  { graceMs, fromPost = 1 }: AnsweringOptions = {},
): CrashWorld {
  return createCrashWorld(mode, graceMs, (base) => wire(base, fromPost));
}

function wire({ clock, ims, memory }: FakeVaultBase, fromPost: number): Wiring {
  const line: ImsLine = {};
  const fetcher = createImsFetch(ims, async (call, post) =>
    line.carry ? line.carry(call, post) : responseOf(await call.send()),
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
