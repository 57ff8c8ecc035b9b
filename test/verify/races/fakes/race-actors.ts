import { tokenDigest } from '../../../../functions/core/access-tokens/access-token-record.ts';
import type { AuthorizationTransaction } from '../../../../functions/core/consent/transaction.ts';
import { PlatformError } from '../../../../functions/core/platform-error.ts';
import { Secret } from '../../../../functions/core/secret.ts';
import {
  type BrowserReturn,
  portsThrough,
  useCasesOf,
  type VaultPorts,
} from '../../../support/fake-vault/use-cases.ts';
import { createFakeSubjectIndex } from '../../../support/fakes/fake-connection-indexes.ts';
import type { Who } from '../race-terms.ts';
import type { Actor, RacePlan } from './race-plan.ts';
import { CONNECTION_ID, SUBJECTS } from './race-start.ts';
import { type CallFaults, NARROWER, type Race, type RaceWorld } from './race-world.ts';
import type { RacedProcess } from './raced-process.ts';

/** An access token that was handed out, between the moments its caller asked and was answered. */
export interface Vended {
  readonly scopeSet: string;
  readonly askedAt: number;
  readonly answeredAt: number;
  readonly token: string;
  readonly lifeLeftMs: number;
}

/** Something was ended, and its caller was answered at that moment. */
export interface Ending {
  readonly kind: 'disconnect' | 'erase';
  readonly askedAt: number;
  readonly answeredAt: number;
}

/** How a callback of the race marked its consent. */
export interface Callback {
  readonly code: string;
  process?: RacedProcess;
  /** A connection was stored under its id when it first looked, so it could mark that one before the exchange. */
  sawConnection?: boolean;
  /** When it asked for the connections of its user, which only the exchange names. */
  askedAt?: number;
  /** When it marked which connection. */
  readonly marks: { readonly connectionId: string; readonly at: number }[];
}

/** What the actors did and were answered. */
export interface Played {
  readonly callbacks: Callback[];
  readonly vended: Vended[];
  readonly endings: Ending[];
  /** Access tokens that were alive at Adobe when a caller was answered that it has revoked them. */
  readonly answeredRevoked: string[];
  /** The answer to each actor, in the order of the plan. */
  readonly answers: string[];
  /** Anything thrown that is not a platform error. */
  readonly errors: unknown[];
}

/** What an actor has to do its work. */
interface Place {
  readonly race: Race;
  readonly played: Played;
  readonly faults: CallFaults;
}

type Work = (place: Place) => Promise<string>;

const API_MS = 29_000;
const SHORT_MS = 10_000;
const NUMBERS: Readonly<Record<Who, number>> = { owner: 1, other: 2 };

/** What must have happened before the race for its actors to do their work. */
export async function prepareActors(world: RaceWorld, { actors }: RacePlan): Promise<readonly Work[]> {
  for (const who of ['owner', 'other'] as const) {
    if (!actors.some((actor) => actor.kind === 'redeem' && actor.who === who)) continue;
    await world.strong.useCases().callback(await browserOf(world, who, NUMBERS[who]));
  }
  const exported = exportOf(world);
  const works: Work[] = [];
  for (const [at, actor] of actors.entries()) works.push(await workOf(world, actor, at, exported));
  return works;
}

/** Lets all actors begin at once. */
export async function playRace(
  race: Race,
  works: readonly Work[],
  { actors, faults }: RacePlan,
): Promise<Played> {
  const played: Played = {
    callbacks: [],
    vended: [],
    endings: [],
    answeredRevoked: [],
    answers: [],
    errors: [],
  };
  for (const [at, work] of works.entries()) {
    const own = faultsOf(faults.filter(({ actor }) => actor === at));
    void race.turns
      .take(`${actors[at]?.kind} begins`)
      .then(() => work({ race, played, faults: own }))
      .catch((fault: unknown) => {
        if (fault instanceof PlatformError) return `fault ${fault.code}`;
        played.errors.push(fault);
        return 'error';
      })
      .then((answer) => {
        played.answers[at] = answer;
      });
  }
  await race.turns.run();
  return played;
}

function faultsOf(faults: RacePlan['faults']): CallFaults {
  let calls = 0;
  return () => {
    calls += 1;
    return faults.find(({ call }) => call === calls)?.kind;
  };
}

/** Opens a consent session for the user and lets Adobe send the browser back. */
async function browserOf(world: RaceWorld, who: Who, number: number): Promise<BrowserReturn> {
  const sessionId = await world.strong.useCases().openConsent(CONNECTION_ID);
  const code = world.ims.ledger.authorize({ subject: SUBJECTS[who] });
  const transaction: AuthorizationTransaction = {
    state: `state-${number}-0123456789-0123456789`,
    codeVerifier: new Secret('verifier'),
    connectionCode: new Secret(connectionCodeOf(number)),
    startedAtMs: world.clock.nowMs(),
    target: { kind: 'session', sessionId },
  };
  return { transaction, code };
}

function connectionCodeOf(number: number) {
  return Buffer.alloc(32, number).toString('base64url');
}

/** The tokens that another system holds: one of each user, granted when an actor first brings it. */
function exportOf({ ims }: RaceWorld): (who: Who) => Secret {
  const tokens = new Map<Who, Secret>();
  return (who) => {
    const token = tokens.get(who) ?? ims.ledger.grant({ subject: SUBJECTS[who] }).refreshToken;
    tokens.set(who, token);
    return token;
  };
}

async function workOf(
  world: RaceWorld,
  actor: Actor,
  at: number,
  exported: (who: Who) => Secret,
): Promise<Work> {
  switch (actor.kind) {
    case 'schedule':
    case 'operator':
    case 'canary':
      return rotating({ connectionId: CONNECTION_ID, trigger: actor.kind });
    case 'vend-rotate': {
      const requirement = { scopeSet: '*', minTtlSeconds: 300 };
      return rotating({ connectionId: CONNECTION_ID, trigger: 'vend', requirement });
    }
    case 'parked-schedule':
      return fireParked;
    case 'vend':
      return vending('*');
    case 'narrow':
      return vending(NARROWER);
    case 'disconnect':
      return disconnect;
    case 'erase':
      return erase;
    case 'revoke-access':
      return revokeAccess;
    case 'reseal':
      return reseal;
    case 'import': {
      const line = {
        connectionId: CONNECTION_ID,
        refreshToken: exported(actor.who),
        subject: SUBJECTS[actor.who],
      };
      return (place) =>
        within(place, 'import', API_MS, (useCases) => useCases.importToken(line, actor.replace));
    }
    case 'reconcile':
      return async ({ race, faults }) => {
        await race.reconcile(faults);
        return 'done';
      };
    case 'redeem':
      return redeeming(NUMBERS[actor.who]);
    case 'consent': {
      const number = 10 + at;
      const browser = await browserOf(world, actor.who, number);
      return async (place) => {
        const outcome = await callingBack(place, browser);
        return `${outcome}, ${await redeeming(number)(place)}`;
      };
    }
    case 'time':
      return async ({ race }) => {
        const { clock } = race.world;
        await race.turns.take('time passes', { notBefore: clock.monotonicMs() + actor.passesMs });
        return 'passed';
      };
  }
}

/** Runs an actor's work in a process of its own, with the use cases as that process runs them. */
async function within<Result>(
  { race, faults }: Place,
  name: string,
  timeoutMs: number,
  work: (useCases: ReturnType<typeof useCasesOf>, process: RacedProcess) => Promise<Result>,
  watched: Partial<VaultPorts> = {},
): Promise<Result | 'died'> {
  const process = race.process(name, timeoutMs, faults);
  const ports = { ...race.world.ports, ...watched, rotator: race.rotatorFor(faults) };
  const ended = await process.end(() => work(useCasesOf(portsThrough(ports, process)), process));
  if (ended.end === 'threw') throw ended.fault;
  return ended.end === 'died' ? 'died' : ended.result;
}

function callingBack(place: Place, browser: BrowserReturn) {
  const { ports, tick } = place.race.world;
  const callback: Callback = { code: browser.code.reveal(), marks: [] };
  place.played.callbacks.push(callback);
  const watched: Partial<VaultPorts> = {
    connections: {
      ...ports.connections,
      async read(connectionId) {
        const connection = await ports.connections.read(connectionId);
        callback.sawConnection ??= connection !== undefined;
        return connection;
      },
      async update(write) {
        const result = await ports.connections.update(write);
        const { connectionId } = write.expected;
        if (result === 'written' && write.changes.consentUnderWay)
          callback.marks.push({ connectionId, at: tick() });
        return result;
      },
    },
    subjects: {
      connectionIdsOf(subjectKey) {
        callback.askedAt = tick();
        return ports.subjects.connectionIdsOf(subjectKey);
      },
    },
  };
  const work = (useCases: ReturnType<typeof useCasesOf>, process: RacedProcess) => {
    callback.process = process;
    return useCases.callback(browser);
  };
  return within(place, 'callback', API_MS, work, watched);
}

function rotating(request: Parameters<Race['rotate']>[0]): Work {
  return async ({ race, faults }) => {
    const outcome = await race.rotate(request, faults);
    return outcome === 'died' ? 'died' : outcome.outcome;
  };
}

async function fireParked(place: Place): Promise<string> {
  const [parked] = place.race.world.parking.parked();
  if (!parked) return 'nothing parked';
  return rotating({ connectionId: parked.connectionId, trigger: 'parked', parked })(place);
}

function vending(scopeSet: string): Work {
  return async (place) => {
    const { clock, tick } = place.race.world;
    const askedAt = tick();
    const answer = await within(place, 'vend', API_MS, (useCases) =>
      useCases.vend(CONNECTION_ID, scopeSet === '*' ? undefined : scopeSet),
    );
    if (answer === 'died') return answer;
    if (answer.outcome === 'vended') {
      const lifeLeftMs = answer.expiresAtMs - clock.nowMs();
      const token = answer.accessToken.reveal();
      place.played.vended.push({ scopeSet, askedAt, answeredAt: tick(), token, lifeLeftMs });
    }
    return answer.outcome;
  };
}

function redeeming(number: number): Work {
  const redeemer = { connectionId: CONNECTION_ID };
  return (place) =>
    within(place, 'redeem', SHORT_MS, (useCases) =>
      useCases.redeem(connectionCodeOf(number), redeemer, SHORT_MS),
    );
}

function reseal(place: Place): Promise<string> {
  return within(place, 'reseal', SHORT_MS, ({ reseal: sealAgain }, process) =>
    sealAgain(process.through('opener', place.race.world.keys.former), CONNECTION_ID),
  );
}

async function disconnect(place: Place): Promise<string> {
  const askedAt = place.race.world.tick();
  const ended = await within(place, 'disconnect', SHORT_MS, (useCases) => useCases.disconnect(CONNECTION_ID));
  if (ended === 'disconnecting') noteEnding(place, 'disconnect', askedAt);
  return ended;
}

async function erase(place: Place): Promise<string> {
  const askedAt = place.race.world.tick();
  const unknownOwners = createFakeSubjectIndex(place.race.world.memory);
  const ended = await within(place, 'erase', SHORT_MS, (useCases) =>
    useCases.erase(SUBJECTS.owner, unknownOwners),
  );
  if (ended === 'erasing') noteEnding(place, 'erase', askedAt);
  return ended;
}

/** The caller of `DELETE /access-tokens/{id}` only waits; `rotate` does it. */
async function revokeAccess({ race, played, faults }: Place): Promise<string> {
  const askedAt = race.world.tick();
  const ended = await race.rotate({ connectionId: CONNECTION_ID, trigger: 'revoke-access' }, faults);
  if (ended === 'died') return ended;
  if (ended.outcome === 'access-tokens-revoked' && ended.revokedAtAdobe) {
    played.answeredRevoked.push(...invalidatedAndAlive(race, askedAt));
  }
  return ended.outcome;
}

function invalidatedAndAlive({ world, history }: Race, sinceAt: number): readonly string[] {
  const { ledger } = world.ims;
  const invalidated = new Set(
    history.cached.flatMap(({ at, invalidated: digest }) => (at > sinceAt && digest ? [digest] : [])),
  );
  return ledger
    .issued()
    .filter((token) => ledger.isLive(token) && invalidated.has(tokenDigest(new Secret(token))));
}

function noteEnding({ race, played }: Place, kind: Ending['kind'], askedAt: number): void {
  played.endings.push({ kind, askedAt, answeredAt: race.world.tick() });
}
