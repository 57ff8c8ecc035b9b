import { setTimeout as sleep } from 'node:timers/promises';
import type { Faults } from '../../../local/aws/faults.ts';
import type { KillWorld, Subject } from './kill-world.ts';
import type { Latency, PlannedKill, RotationPlan } from './rotation-plan.ts';
import { storesVersionOf } from './stand-in-calls.ts';
import type { Testimony } from './witness.ts';

/** More tries than any commit makes before it is parked. */
const ALL_TRIES = 1_000;
/** More than any token has left: a vend that asks for so much needs a rotation. */
const MORE_THAN_LEFT_SECONDS = 86_400;

/** Starts one rotation in a worker of its own and ends that worker as planned; answers what the stand-ins saw. */
export async function strike(world: KillWorld, subject: Subject, plan: RotationPlan): Promise<Testimony> {
  const { connectionId, user } = subject;
  const testimony = world.witness.watch(connectionId, user);
  arrangeLatency(world, subject, plan.latency);
  const killing = plan.kill && armKill(world, connectionId, testimony, plan.kill);
  testimony.note('invoked');
  await world.stack.invoke('rotate', {
    connectionId,
    trigger: plan.trigger,
    ...(plan.trigger === 'vend' && {
      requirement: { scopeSet: '*', minTtlSeconds: MORE_THAN_LEFT_SECONDS },
    }),
  });
  testimony.note('returned');
  await killing?.done();
  return testimony;
}

function arrangeLatency({ ims, stack }: KillWorld, subject: Subject, latency: Latency): void {
  const { thinkMs, deliverMs } = latency;
  const filter = { user: subject.user, grantType: 'refresh_token' } as const;
  if (thinkMs > 0) ims.faults.next({ kind: 'slow', delayMs: thinkMs, before: true }, filter);
  else if (deliverMs > 0) ims.faults.next({ kind: 'slow', delayMs: deliverMs }, filter);
  delayCommit(stack.faults, subject.connectionId, latency);
}

function delayCommit(faults: Faults, connectionId: string, latency: Latency): void {
  const { storeMs, acknowledgeMs, outage } = latency;
  const commit = {
    service: 'dynamodb',
    operation: 'UpdateItem',
    when: (call: Parameters<typeof storesVersionOf>[0]) => storesVersionOf(call) === connectionId,
  };
  if (outage) {
    const effect = { kind: 'error', code: 'InternalServerError', status: 500 } as const;
    faults.next({ ...commit, times: ALL_TRIES, effect });
  } else if (storeMs > 0) {
    faults.next({ ...commit, effect: { kind: 'delay', delayMs: storeMs } });
  } else if (acknowledgeMs > 0) {
    faults.next({ ...commit, effect: { kind: 'delay', delayMs: acknowledgeMs, after: true } });
  }
}

/** Waits for the moment at the stand-ins, then a little, then ends the worker that works on the connection. */
function armKill(world: KillWorld, connectionId: string, testimony: Testimony, kill: PlannedKill) {
  let killing: Promise<void> | undefined;
  const run = async (): Promise<void> => {
    if (kill.delayMs >= 1) await sleep(kill.delayMs);
    const at = testimony.now();
    const ended = await world.stack.kill('rotate', (event) => isAbout(event, connectionId));
    if (ended > 0) testimony.note('killed', at);
  };
  testimony.once(kill.after, () => {
    killing = run();
  });
  return { done: async () => killing };
}

const isAbout = (event: unknown, connectionId: string): boolean =>
  typeof event === 'object' &&
  event !== null &&
  'connectionId' in event &&
  event.connectionId === connectionId;
