import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { createEventsClient } from '../../functions/adapters/aws/clients.ts';
import { createEventPublisher } from '../../functions/adapters/eventbridge/event-publisher.ts';
import type { ConnectionEvent } from '../../functions/core/connection/connection.ts';
import type { EventPublisher } from '../../functions/core/ports/events.ts';
import { createEventBridgeService } from '../../local/aws/event-bridge-service.ts';
import { EXAMPLE_NOW_MS, exampleGeneration } from '../support/fakes/example-records.ts';
import { createFakeEventPublisher } from '../support/fakes/fake-event-publisher.ts';
import { ACCOUNT_ID, REGION, startStandIns } from './aws-stand-ins.ts';

interface Publishing {
  readonly publisher: EventPublisher;
  /** The next entry is refused in an answer of status 200. */
  refuseNext(): void;
  /** `type connectionId` of what was accepted, in order. */
  published(): readonly string[];
}

const IMPLEMENTATIONS = [
  { name: 'in memory', start: async () => ({ fresh: inMemory, stop: async () => undefined }) },
  { name: 'with EventBridge', start: withEventBridge },
];

function inMemory(): Publishing {
  const publisher = createFakeEventPublisher();
  return {
    publisher,
    refuseNext() {
      let refusals = 1;
      publisher.refuse(() => refusals-- > 0);
    },
    published: () => publisher.published.map(({ connectionId, event }) => `${event.type} ${connectionId}`),
  };
}

async function withEventBridge(): Promise<{ fresh: () => Publishing; stop: () => Promise<void> }> {
  const nowMs = () => Date.now();
  const service = createEventBridgeService({ accountId: ACCOUNT_ID, region: REGION, nowMs });
  const standIns = await startStandIns({ services: [service] });
  const client = createEventsClient(standIns.clientConfig);
  const fresh = (): Publishing => {
    const before = service.published().length;
    return {
      publisher: createEventPublisher({ client, busName: 'default', vaultName: 'vault' }),
      refuseNext: () => service.failNextEntries(1),
      published: () =>
        service
          .published()
          .slice(before)
          .map(
            (event) => `${event['detail-type']} ${(event.detail as { connectionId: string }).connectionId}`,
          ),
    };
  };
  return { fresh, stop: standIns.stop };
}

describe.each(IMPLEMENTATIONS)('publishing events $name', ({ start }) => {
  let publishing: Publishing;
  let fresh: () => Publishing;
  let stop: () => Promise<void>;

  beforeAll(async () => {
    ({ fresh, stop } = await start());
  });
  beforeEach(() => {
    publishing = fresh();
  });
  afterAll(() => stop());

  const eventOf = (id: string, type: ConnectionEvent['type']): ConnectionEvent => ({
    id,
    type,
    atMs: EXAMPLE_NOW_MS,
    generation: exampleGeneration(),
    detail: { renewable: true },
  });
  const events = [eventOf('1', 'Connected'), eventOf('2', 'Degraded'), eventOf('3', 'Recovered')];

  test('accepted events are published in order and named', async () => {
    expect(await publishing.publisher.publish('acme.user-42', events)).toEqual(['1', '2', '3']);
    expect(publishing.published()).toEqual([
      'Connected acme.user-42',
      'Degraded acme.user-42',
      'Recovered acme.user-42',
    ]);
  });

  test('a refused event is not named, so that it is published again', async () => {
    publishing.refuseNext();
    expect(await publishing.publisher.publish('acme.user-42', events)).toEqual(['2', '3']);
    expect(await publishing.publisher.publish('acme.user-42', events.slice(0, 1))).toEqual(['1']);
  });

  test('nothing to publish is nothing published', async () => {
    expect(await publishing.publisher.publish('acme.user-42', [])).toEqual([]);
    expect(publishing.published()).toEqual([]);
  });
});
