import type { EventBridgeClientConfig } from '@aws-sdk/client-eventbridge';
import type { ConnectionEventType } from '../../../../client/contract.ts';
import { createEventsClient } from '../../../../functions/adapters/aws/clients.ts';
import { createEventPublisher } from '../../../../functions/adapters/eventbridge/event-publisher.ts';
import { createEventBridgeService } from '../../../../local/aws/event-bridge-service.ts';
import type { FakeEventPublisher, PublishedEvent } from '../../../support/fakes/fake-event-publisher.ts';

/** The real publisher, and what arrived at the bus. */
export function createWiredEvents(place: Parameters<typeof createEventBridgeService>[0]) {
  const service = createEventBridgeService(place);
  return {
    service,
    publisher: (config: EventBridgeClientConfig): FakeEventPublisher => ({
      ...createEventPublisher({
        client: createEventsClient(config),
        busName: 'default',
        vaultName: 'vault',
      }),
      get published() {
        return service.published().map(asPublished);
      },
      refuse() {
        throw new TypeError('Over the wire there is no such switch.');
      },
    }),
  };
}

function asPublished(event: {
  readonly 'detail-type': string;
  readonly time: string;
  readonly detail: unknown;
}): PublishedEvent {
  const { id, connectionId, generation, ...detail } = event.detail as Record<string, string>;
  const type = event['detail-type'] as ConnectionEventType;
  const facts = { id: id ?? '', generation: generation ?? '', atMs: Date.parse(event.time), detail };
  return { connectionId: connectionId ?? '', event: { type, ...facts } };
}
