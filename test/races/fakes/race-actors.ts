import { createBeginDisconnect } from '../../../functions/core/application/connections/begin-disconnect.ts';
import type { RotationDeps } from '../../../functions/core/application/rotation/rotation-deps.ts';
import { createScopeSets } from '../../../functions/core/application/vending/scope-sets.ts';
import { createVendAccessToken } from '../../../functions/core/application/vending/vend-access-token.ts';
import { PlatformFault } from '../../../functions/core/domain/platform-fault.ts';
import { rotationPortsOf } from '../../crash-points/crash-world.ts';
import { openAttempt, redeem } from './race-consents.ts';
import type { Actor, RacePlan, Who } from './race-plan.ts';
import { CONNECTION_ID, SUBJECTS } from './race-start.ts';
import type { Race, RaceWorld, Strikes } from './race-world.ts';
import type { RacedProcess } from './raced-process.ts';

/** An access token that was handed out, between the moments its caller asked and was answered. */
export interface Vended {
  readonly askedAt: number;
  readonly answeredAt: number;
  readonly token: string;
  readonly lifeLeftMs: number;
}

export interface Played {
  readonly vended: Vended[];
  /** What each actor was told, in the order of the plan. */
  readonly told: string[];
  /** Anything thrown that is no fault of a platform. */
  readonly errors: unknown[];
}

interface Stage {
  readonly race: Race;
  readonly played: Played;
  readonly strike: Strikes;
}

const VEND_MS = 29_000;
const CALLBACK_MS = 29_000;
const SHORT_MS = 10_000;
const NUMBERS: Readonly<Record<Who, number>> = { owner: 1, other: 2 };

/** What must have happened before the race for its actors to have their parts. */
export async function prepareActors(world: RaceWorld, { actors }: RacePlan) {
  const { strong } = world;
  const ports = { deps: strong.deps, consents: strong.ports.consents };
  for (const who of ['owner', 'other'] as const) {
    if (!actors.some((actor) => actor.does === 'redeem' && actor.who === who)) continue;
    await (await openAttempt(world, consentOf(who, NUMBERS[who])))(ports);
  }
  const works: ((stage: Stage) => Promise<string>)[] = [];
  for (const [at, actor] of actors.entries()) works.push(await workOf(world, actor, at));
  return works;
}

/** Lets all actors begin at once. */
export async function playRace(
  race: Race,
  works: Awaited<ReturnType<typeof prepareActors>>,
  { actors, faults }: RacePlan,
): Promise<Played> {
  const played: Played = { vended: [], told: [], errors: [] };
  for (const [at, work] of works.entries()) {
    const strike = strikesOf(faults.filter(({ actor }) => actor === at));
    void race.turns
      .take(`${actors[at]?.does} begins`)
      .then(() => work({ race, played, strike }))
      .catch((fault: unknown) => {
        if (fault instanceof PlatformFault) return `fault ${fault.code}`;
        played.errors.push(fault);
        return 'error';
      })
      .then((told) => {
        played.told[at] = told;
      });
  }
  await race.turns.run();
  return played;
}

function strikesOf(faults: RacePlan['faults']): Strikes {
  let calls = 0;
  return () => {
    calls += 1;
    return faults.find(({ call }) => call === calls)?.kind;
  };
}

const consentOf = (who: Who, number: number) => ({
  connectionId: CONNECTION_ID,
  subject: SUBJECTS[who],
  number,
});

async function workOf(
  world: RaceWorld,
  actor: Actor,
  at: number,
): Promise<(stage: Stage) => Promise<string>> {
  switch (actor.does) {
    case 'alarm':
      return rotating({ connectionId: CONNECTION_ID, trigger: 'alarm' });
    case 'vend-rotate': {
      const wanted = { scopeSet: '*', minTtlSeconds: 300 };
      return rotating({ connectionId: CONNECTION_ID, trigger: 'vend', wanted });
    }
    case 'parked-alarm':
      return ringParked;
    case 'vend':
      return vend;
    case 'disconnect':
      return disconnect;
    case 'guard':
      return async ({ race, strike }) => {
        await race.guard(strike);
        return 'done';
      };
    case 'redeem':
      return redeeming(consentOf(actor.who, NUMBERS[actor.who]));
    case 'consent': {
      const consent = consentOf(actor.who, 10 + at);
      const callback = await openAttempt(world, consent);
      return async (stage) => {
        const outcome = await within(stage, 'callback', CALLBACK_MS, callback);
        return `${outcome}, ${await redeeming(consent)(stage)}`;
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

function rotating(request: Parameters<Race['rotate']>[0]) {
  return async ({ race, strike }: Stage): Promise<string> => {
    const outcome = await race.rotate(request, strike);
    return outcome === 'died' ? 'died' : outcome.outcome;
  };
}

async function ringParked({ race, strike }: Stage): Promise<string> {
  const [parked] = race.world.parking.parked();
  if (!parked) return 'nothing parked';
  const request = { connectionId: parked.connectionId, trigger: 'parked', parked } as const;
  return rotating(request)({ race, strike, played: { vended: [], told: [], errors: [] } });
}

async function vend({ race, played, strike }: Stage): Promise<string> {
  const { deps, clock, tick } = race.world;
  const process = race.process('vend', VEND_MS, strike);
  const ports = rotationPortsOf(deps, process);
  const { accessTokens, connections, opener, random, telemetry } = ports;
  const vendAccessToken = createVendAccessToken({
    accessTokens,
    connections,
    opener,
    random,
    telemetry,
    clock: ports.clock,
    rotator: process.through('rotator', race.rotatorFor(strike)),
    scopeSets: createScopeSets(deps.settings.scopeSets),
    clientId: deps.settings.clientId,
  });
  const askedAt = tick();
  const ended = await process.end(() => vendAccessToken({ connectionId: CONNECTION_ID }));
  if (ended.end === 'threw') throw ended.fault;
  if (ended.end === 'died') return 'died';
  const { result } = ended;
  if (result.result === 'vended') {
    const lifeLeftMs = result.expiresAtMs - clock.nowMs();
    played.vended.push({ askedAt, answeredAt: tick(), token: result.accessToken.reveal(), lifeLeftMs });
  }
  return result.result;
}

async function disconnect({ race, strike }: Stage): Promise<string> {
  const { deps } = race.world;
  const process = race.process('disconnect', SHORT_MS, strike);
  const begin = createBeginDisconnect({
    ...rotationPortsOf(deps, process),
    rotator: process.through('rotator', race.rotatorFor(strike)),
    scopeSets: deps.settings.scopeSets,
  });
  const ended = await process.end(() => begin(CONNECTION_ID));
  if (ended.end === 'threw') throw ended.fault;
  return ended.end === 'died' ? 'died' : ended.result.result;
}

function redeeming(consent: Parameters<typeof redeem>[0]) {
  return (stage: Stage): Promise<string> =>
    within(stage, 'redeem', SHORT_MS, async (ports) => {
      const answer = await redeem(consent, ports, SHORT_MS);
      return answer.result === 'redeemed' && answer.keptPrevious ? 'kept previous' : answer.result;
    });
}

async function within(
  { race, strike }: Stage,
  name: string,
  timeoutMs: number,
  work: (ports: {
    deps: RotationDeps;
    consents: RaceWorld['strong']['ports']['consents'];
  }) => Promise<string>,
): Promise<string> {
  const process: RacedProcess = race.process(name, timeoutMs, strike);
  const { deps, strong } = race.world;
  const consents = process.through('consents', strong.ports.consents);
  const ended = await process.end(() => work({ deps: rotationPortsOf(deps, process), consents }));
  if (ended.end === 'threw') throw ended.fault;
  return ended.end === 'died' ? 'died' : ended.result;
}
