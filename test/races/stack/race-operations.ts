import { setTimeout as sleep } from 'node:timers/promises';
import { writeParkedInput } from '../../../functions/core/domain/parked-input.ts';
import { signedFetch } from '../../support/local-stack/signed-fetch.ts';
import type { SeenCall } from './race-log.ts';
import type { RaceOperation } from './race-plan.ts';
import { consentKey, type RaceScene } from './race-scene.ts';
import type { RaceWorld } from './race-world.ts';

/** Real time. */
const PATIENCE_MS = 4_000;

type Answer = Pick<SeenCall, 'status' | 'retryAfter' | 'answer'>;

/** All operations of all runs at once, each after its own moment; what came of them goes into the runs' logs. */
export async function raceOperations(world: RaceWorld, scenes: readonly RaceScene[]): Promise<void> {
  const under = scenes.flatMap((scene) =>
    scene.plan.operations.map((operation) => ({ operation, done: raceOne(world, scene, operation) })),
  );
  const isVend = ({ operation }: (typeof under)[number]): boolean => operation.kind === 'vend';
  await Promise.all(under.filter((one) => !isVend(one)).map(({ done }) => done));
  await hangUpLateVends(world, Promise.all(under.filter(isVend).map(({ done }) => done)));
}

async function raceOne(world: RaceWorld, scene: RaceScene, operation: RaceOperation): Promise<void> {
  await sleep(operation.afterMs);
  const startedAt = world.tick();
  const answer = await perform(world, scene, operation);
  const consent = operation.kind === 'redeem' ? scene.consents.get(consentKey(operation))?.issued : undefined;
  const call = { operation, startedAt, endedAt: world.tick(), ...answer, ...(consent && { consent }) };
  world.logOf(scene.connectionId).calls.push(call);
}

async function perform(world: RaceWorld, scene: RaceScene, operation: RaceOperation): Promise<Answer> {
  const { connectionId, parked } = scene;
  switch (operation.kind) {
    case 'vend':
      return vend(world, connectionId);
    case 'disconnect':
      return http(world, 'DELETE', `/connections/${connectionId}`, 'WebBackendRole');
    case 'alarm':
      return invoke(world, 'rotate:schedules', { connectionId });
    case 'operator':
      return invoke(world, 'rotate:live', { connectionId, trigger: 'operator' });
    case 'ring':
      return invoke(
        world,
        'rotate:schedules',
        parked ? JSON.parse(writeParkedInput(parked)) : { connectionId },
      );
    case 'guard':
      return invoke(world, 'guard', {});
    case 'redeem':
      return redeem(world, scene, consentKey(operation));
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

async function vend(world: RaceWorld, connectionId: string): Promise<Answer> {
  const answer = await http(world, 'GET', `/access-tokens/${connectionId}`, 'LightroomReaderRole');
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

async function redeem(world: RaceWorld, { connectionId, consents }: RaceScene, key: string): Promise<Answer> {
  const connectionCode = consents.get(key)?.connectionCode ?? '';
  const redeemed = await world.api.redeemConsent(connectionId, { connectionCode });
  return redeemed.ok
    ? { status: 200, retryAfter: undefined, answer: { ...redeemed.value } }
    : { status: redeemed.status, retryAfter: undefined, answer: { ...redeemed.problem } };
}
