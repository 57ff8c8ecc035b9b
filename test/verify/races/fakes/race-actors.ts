import { createScopeSets } from '../../../../functions/core/access-tokens/scope-sets.ts';
import { createVendAccessToken } from '../../../../functions/core/access-tokens/vend-access-token.ts';
import { createImportTokens } from '../../../../functions/core/import/import-tokens.ts';
import { PlatformError } from '../../../../functions/core/platform-error.ts';
import { createResealConnection } from '../../../../functions/core/reseal/reseal-connection.ts';
import type { Secret } from '../../../../functions/core/secret.ts';
import { openTransaction, redeem } from './race-consents.ts';
import { disconnect, erase, revokeAccess } from './race-endings.ts';
import type { Actor, RacePlan, Who } from './race-plan.ts';
import { type Played, type Stage, within } from './race-stage.ts';
import { CONNECTION_ID, SUBJECTS } from './race-start.ts';
import { NARROWER, type Race, type RaceWorld, type Strikes } from './race-world.ts';

type Work = (stage: Stage) => Promise<string>;

const VEND_MS = 29_000;
const CALLBACK_MS = 29_000;
const IMPORT_MS = 29_000;
const SHORT_MS = 10_000;
const NUMBERS: Readonly<Record<Who, number>> = { owner: 1, other: 2 };

/** What must have happened before the race for its actors to have their parts. */
export async function prepareActors(world: RaceWorld, { actors }: RacePlan): Promise<readonly Work[]> {
  const { strong } = world;
  const ports = { deps: strong.deps, consents: strong.ports.consents };
  for (const who of ['owner', 'other'] as const) {
    if (!actors.some((actor) => actor.does === 'redeem' && actor.who === who)) continue;
    await (await openTransaction(world, consentOf(who, NUMBERS[who])))(ports);
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
  const played: Played = { vended: [], endings: [], toldRevoked: [], told: [], errors: [] };
  for (const [at, work] of works.entries()) {
    const strike = strikesOf(faults.filter(({ actor }) => actor === at));
    void race.turns
      .take(`${actors[at]?.does} begins`)
      .then(() => work({ race, played, strike }))
      .catch((fault: unknown) => {
        if (fault instanceof PlatformError) return `fault ${fault.code}`;
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
  switch (actor.does) {
    case 'schedule':
    case 'operator':
    case 'canary':
      return rotating({ connectionId: CONNECTION_ID, trigger: actor.does });
    case 'vend-rotate': {
      const requirement = { scopeSet: '*', minTtlSeconds: 300 };
      return rotating({ connectionId: CONNECTION_ID, trigger: 'vend', requirement });
    }
    case 'parked-schedule':
      return ringParked;
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
    case 'import':
      return importing(exported(actor.who), actor);
    case 'reconcile':
      return async ({ race, strike }) => {
        await race.reconcile(strike);
        return 'done';
      };
    case 'redeem':
      return redeeming(consentOf(actor.who, NUMBERS[actor.who]));
    case 'consent': {
      const consent = consentOf(actor.who, 10 + at);
      const callback = await openTransaction(world, consent);
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

function rotating(request: Parameters<Race['rotate']>[0]): Work {
  return async ({ race, strike }) => {
    const outcome = await race.rotate(request, strike);
    return outcome === 'died' ? 'died' : outcome.outcome;
  };
}

async function ringParked(stage: Stage): Promise<string> {
  const [parked] = stage.race.world.parking.parked();
  if (!parked) return 'nothing parked';
  return rotating({ connectionId: parked.connectionId, trigger: 'parked', parked })(stage);
}

function vending(scopeSet: string): Work {
  return async (stage) => {
    const { clock, tick } = stage.race.world;
    const askedAt = tick();
    const answer = await within(stage, 'vend', VEND_MS, ({ deps, rotator }) =>
      createVendAccessToken({
        ...deps,
        rotator,
        scopeSets: createScopeSets(deps.settings.scopeSets),
        clientId: deps.settings.clientId,
      })({ connectionId: CONNECTION_ID, ...(scopeSet !== '*' && { scopes: scopeSet }) }),
    );
    if (answer === 'died') return answer;
    if (answer.outcome === 'vended') {
      const lifeLeftMs = answer.expiresAtMs - clock.nowMs();
      const token = answer.accessToken.reveal();
      stage.played.vended.push({ scopeSet, askedAt, answeredAt: tick(), token, lifeLeftMs });
    }
    return answer.outcome;
  };
}

function redeeming(consent: Parameters<typeof redeem>[0]): Work {
  return (stage) =>
    within(stage, 'redeem', SHORT_MS, async (ports) => {
      const answer = await redeem(consent, ports, SHORT_MS);
      return answer.outcome === 'redeemed' && answer.keptPrevious ? 'kept previous' : answer.outcome;
    });
}

function importing(refreshToken: Secret, { who, replace }: Extract<Actor, { does: 'import' }>): Work {
  return (stage) =>
    within(stage, 'import', IMPORT_MS, async ({ deps, rotator }) => {
      const importTokens = createImportTokens({
        ...deps,
        rotator,
        reader: { read: () => ({}) },
        scopes: ['openid', 'offline_access'],
        scopeSets: deps.settings.scopeSets,
        clientId: deps.settings.clientId,
      });
      const line = { connectionId: CONNECTION_ID, refreshToken, subject: SUBJECTS[who] };
      const [imported] = await importTokens({
        lines: [line],
        dryRun: false,
        replace,
        remainingMs: IMPORT_MS,
      });
      return imported?.outcome ?? 'nothing';
    });
}

function reseal(stage: Stage): Promise<string> {
  return within(stage, 'reseal', SHORT_MS, async ({ deps, process }) => {
    const former = process.through('opener', stage.race.world.keys.former);
    return (await createResealConnection({ ...deps, former })(CONNECTION_ID)).outcome;
  });
}
