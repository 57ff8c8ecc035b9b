import { setTimeout as sleep } from 'node:timers/promises';
import { writeParkedInput } from '../../../functions/core/domain/parked-input.ts';
import { signedFetch } from '../../support/local-stack/signed-fetch.ts';
import type { SeenCall } from './race-log.ts';
import type { RaceOperation } from './race-plan.ts';
import { consentKey, type RaceScene } from './race-scene.ts';
import type { RaceWorld } from './race-world.ts';

type Answer = Pick<SeenCall, 'status' | 'retryAfter' | 'answer'>;

/** All operations of a run at once, each after its own moment; what came of them goes into the run's log. */
export async function raceOperations(world: RaceWorld, scene: RaceScene): Promise<void> {
  const { calls } = world.logOf(scene.connectionId);
  await Promise.all(
    scene.plan.operations.map(async (operation) => {
      await sleep(operation.afterMs);
      const startedAt = world.tick();
      const answer = await perform(world, scene, operation);
      const consent =
        operation.kind === 'redeem' ? scene.consents.get(consentKey(operation))?.issued : undefined;
      calls.push({ operation, startedAt, endedAt: world.tick(), ...answer, ...(consent && { consent }) });
    }),
  );
}

async function perform(world: RaceWorld, scene: RaceScene, operation: RaceOperation): Promise<Answer> {
  const { connectionId, parked } = scene;
  switch (operation.kind) {
    case 'vend':
      return http(world, 'GET', `/access-tokens/${connectionId}`, 'LightroomReaderRole');
    case 'disconnect':
      return http(world, 'DELETE', `/connections/${connectionId}`, 'WebBackendRole');
    case 'alarm':
      return invoke(world, 'rotate:live', { connectionId });
    case 'operator':
      return invoke(world, 'rotate:live', { connectionId, trigger: 'operator' });
    case 'ring':
      return invoke(world, 'rotate:live', parked ? JSON.parse(writeParkedInput(parked)) : { connectionId });
    case 'guard':
      return invoke(world, 'guard', {});
    case 'redeem':
      return redeem(world, scene, consentKey(operation));
  }
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
