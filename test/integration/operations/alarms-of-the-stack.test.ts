import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { ALARMS } from '../../../lib/monitoring/alarm-catalogue.ts';
import { createLocalStack, type LocalStack } from '../../../local/stack/local-stack.ts';
import { ruleOf } from '../../support/alarms/alarm-watch.ts';
import { startVaultWorld, type VaultWorld } from '../../support/vault/vault-world.ts';

const HOUR_MS = 3_600_000;

function idOf(alarmName: string): string {
  return alarmName.replace('AdobeTokenVault-', '');
}

describe('The alarms of the local stack', () => {
  it('are those of the template, evaluated by the rows of the catalogue', () => {
    const stack = createLocalStack({ cdkOut: inject('cdkOut') });
    const loaded = new Map(stack.alarms.now().map(({ alarm }) => [idOf(alarm.alarmName), alarm.condition]));
    expect([...loaded.keys()].sort()).toEqual(ALARMS.map(({ id }) => id).sort());
    for (const alarm of ALARMS) expect(loaded.get(alarm.id), alarm.id).toMatchObject(ruleOf(alarm));
  });
});

describe('Alarms of a running vault', () => {
  let world: VaultWorld;
  beforeAll(async () => {
    world = await startVaultWorld({ cdkOut: inject('cdkOut') });
  });
  afterAll(() => world?.stop());

  const firing = (stack: LocalStack = world.stack) =>
    stack.alarms
      .now()
      .filter(({ state }) => state === 'ALARM')
      .map(({ alarm }) => idOf(alarm.alarmName));
  const pass = (ms: number) => world.passUntil(world.clock.nowMs() + ms);
  const status = async () => {
    const answer = await world.api.status('demo.user-42');
    return answer.ok ? 200 : answer.status;
  };

  it('page for a silent reconciler until its first run, and for nothing else', async () => {
    expect(firing()).toEqual(['reconciler-silent']);
    await world.stack.time.advanceBy(HOUR_MS);
    expect(firing()).toEqual([]);
  });

  it('count what Lambda counts: a function that cannot start, and one without concurrency', async () => {
    await world.stack.kill('rotate');
    const rotate = world.stack.functions.get('rotate');
    Object.assign(rotate.definition.environment, { CLIENT_ID: '' });
    for (let run = 0; run < 3; run += 1) await world.stack.invoke('rotate', {});
    expect(firing()).toEqual(['rotate-errors']);
    Object.assign(rotate.definition.environment, { CLIENT_ID: 'test-client-id' });

    const connections = world.stack.functions.get('connections');
    connections.reserveConcurrency(0);
    for (let quarter = 0; quarter < 3; quarter += 1) {
      for (let call = 0; call < 5; call += 1) expect(await status()).toBe(503);
      if (quarter < 2) await pass(5 * 60_000);
    }
    expect(firing()).toEqual(['rotate-errors', 'api-5xx']);
    connections.reserveConcurrency(undefined);
    await pass(5 * 60_000);
    expect(firing()).toEqual(['rotate-errors']);
  });

  it('watch the dead letters until the queue is empty', async () => {
    const [queue] = world.stack.queues.values();
    queue?.send('{}', {});
    await world.stack.time.advanceBy(2 * HOUR_MS);
    expect(firing()).toEqual(['dead-letters']);
    queue?.purge();
    await pass(6 * 60_000);
    expect(firing()).toEqual([]);
  });
});
