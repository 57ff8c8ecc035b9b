import { setTimeout as sleep } from 'node:timers/promises';
import { writeParkedInput } from '../../../../functions/core/rotation/parked-successor.ts';
import { signedFetch } from '../../../support/local-stack/signed-fetch.ts';
import { eraseSubject } from '../../../support/vault/erase-subject.ts';
import { importTokens } from '../../../support/vault/import-tokens.ts';
import { type SeenCall, userOf } from './race-log.ts';
import { isVend, type RaceActor } from './race-plan.ts';
import { consentKey, type PreparedRace } from './race-start.ts';
import type { RaceWorld } from './race-world.ts';

/** Real time. */
const PATIENCE_MS = 4_000;

type Answer = Pick<SeenCall, 'status' | 'retryAfter' | 'answer'>;

/** All actors of all runs at once, each after its own moment; what came of them goes into the runs' logs. */
export async function raceOperations(world: RaceWorld, races: readonly PreparedRace[]): Promise<void> {
  const under = races.flatMap((race) =>
    race.plan.actors.map((actor) => ({ actor, done: raceOne(world, race, actor) })),
  );
  const waiting = under.filter(({ actor }) => isVend(actor));
  await Promise.all(under.filter(({ actor }) => !isVend(actor)).map(({ done }) => done));
  await hangUpLateVends(world, Promise.all(waiting.map(({ done }) => done)));
}

async function raceOne(world: RaceWorld, race: PreparedRace, actor: RaceActor): Promise<void> {
  await sleep(actor.afterMs);
  const startedAt = world.tick();
  const answer = await perform(world, race, actor);
  const consent = actor.kind === 'redeem' ? race.consents.get(consentKey(actor))?.issued : undefined;
  const call = { actor, startedAt, endedAt: world.tick(), ...answer, ...(consent && { consent }) };
  world.logOf(race.connectionId).calls.push(call);
}

async function perform(world: RaceWorld, race: PreparedRace, actor: RaceActor): Promise<Answer> {
  const { connectionId, parked } = race;
  switch (actor.kind) {
    case 'vend':
      return vend(world, connectionId);
    case 'narrow':
      return vend(world, connectionId, world.narrower);
    case 'disconnect':
      return http(world, 'DELETE', `/connections/${connectionId}`, 'WebBackendRole');
    case 'schedule':
      return invoke(world, 'rotate:schedules', { connectionId });
    case 'operator':
    case 'canary':
    case 'revoke-access':
    case 'reseal':
      return invoke(world, 'rotate:live', { connectionId, trigger: actor.kind });
    case 'erase':
      return eraseSubject(world, world.ims.user(userOf(connectionId, 'owner')).sub);
    case 'import':
      return bringIn(world, race, actor);
    case 'parked-schedule':
      return invoke(
        world,
        'rotate:schedules',
        parked ? JSON.parse(writeParkedInput(parked)) : { connectionId },
      );
    case 'reconcile':
      return invoke(world, 'reconcile', {});
    case 'redeem':
      return redeem(world, race, consentKey(actor));
  }
}

/**
 * Callers who are still waiting when nothing else has happened for a while hang up (status 0), and the functions that
 * work for them end: what they wait for takes minutes of the world's time, which does not pass before they are answered.
 */
async function hangUpLateVends(world: RaceWorld, raced: Promise<unknown>): Promise<void> {
  const patience = setTimeout(() => void world.stack.kill('access-token', () => true), PATIENCE_MS);
  await raced;
  clearTimeout(patience);
}

async function vend(world: RaceWorld, connectionId: string, scopes?: string): Promise<Answer> {
  const query = scopes === undefined ? '' : `?${new URLSearchParams({ scopes })}`;
  const path = `/access-tokens/${connectionId}${query}`;
  const answer = await http(world, 'GET', path, 'LightroomReaderRole');
  const isGone = answer.status === 500 && answer.answer.code === undefined;
  return isGone ? { ...answer, status: 0 } : answer;
}

async function http(world: RaceWorld, method: string, path: string, role: string): Promise<Answer> {
  const response = await signedFetch(`${world.stack.apiUrl}${path}`, {
    method,
    credentials: world.stack.credentialsOf(role),
    nowMs: world.clock.nowMs(),
  });
  const answer = (await response.json()) as Record<string, unknown>;
  return { status: response.status, retryAfter: response.headers.get('retry-after') ?? undefined, answer };
}

async function invoke(world: RaceWorld, name: string, payload: object): Promise<Answer> {
  const { payload: returned, functionError } = await world.stack.invoke(name, payload);
  const answer = typeof returned === 'object' && returned !== null ? { ...returned } : {};
  return { status: functionError === undefined ? 200 : 500, retryAfter: undefined, answer };
}

/** What becomes of one line stands in the answer; a function that was short of time leaves none. */
async function bringIn(
  world: RaceWorld,
  { connectionId, exports }: PreparedRace,
  { who, replace }: Extract<RaceActor, { kind: 'import' }>,
): Promise<Answer> {
  const refreshToken = exports.get(who) ?? '';
  const line = { connectionId, refreshToken, sub: world.ims.user(userOf(connectionId, who)).sub };
  const { results } = await importTokens(world, [line], replace ? 'replace=true' : '');
  return { status: 200, retryAfter: undefined, answer: { ...results[0] } };
}

async function redeem(
  world: RaceWorld,
  { connectionId, consents }: PreparedRace,
  key: string,
): Promise<Answer> {
  const connectionCode = consents.get(key)?.connectionCode ?? '';
  const redeemed = await world.api.redeemConsent(connectionId, { connectionCode });
  return redeemed.ok
    ? { status: 200, retryAfter: undefined, answer: { ...redeemed.value } }
    : { status: redeemed.status, retryAfter: undefined, answer: { ...redeemed.problem } };
}
