import {
  type EventBridgeClient,
  PutEventsCommand,
  type PutEventsRequestEntry,
} from '@aws-sdk/client-eventbridge';

import { type ConnectionEvent, EVENT_SOURCE } from '../../core/connection/connection.ts';
import { isoTime } from '../../core/moment.ts';
import type { EventPublisher } from '../../core/ports/events.ts';
import { EVENTS_ERRORS, toPlatformError } from '../aws/aws-errors.ts';
import { EVENTS_CALL_TIMEOUT_MS } from '../aws/clients.ts';

export interface EventPublisherDependencies {
  readonly client: EventBridgeClient;
  readonly busName: string;
  /** Named in every event, because several vaults may share a bus. */
  readonly vaultName: string;
}

/** PutEvents takes no more at once. */
const MAX_ENTRIES = 10;

/** Publishes in order. What EventBridge did not accept stays in the connection's outbox. */
export function createEventPublisher(deps: EventPublisherDependencies): EventPublisher {
  return {
    async publish(connectionId, events) {
      const accepted: string[] = [];
      for (let first = 0; first < events.length; first += MAX_ENTRIES) {
        const batch = events.slice(first, first + MAX_ENTRIES);
        try {
          accepted.push(...(await putBatch(deps, connectionId, batch)));
        } catch (error) {
          if (accepted.length === 0) throw toPlatformError(EVENTS_ERRORS, error);
          break;
        }
      }
      return accepted;
    },
  };
}

async function putBatch(
  deps: EventPublisherDependencies,
  connectionId: string,
  batch: readonly ConnectionEvent[],
): Promise<readonly string[]> {
  const command = new PutEventsCommand({
    Entries: batch.map((event) => entryOf(deps, connectionId, event)),
  });
  const answer = await deps.client.send(command, {
    abortSignal: AbortSignal.timeout(EVENTS_CALL_TIMEOUT_MS),
  });
  // The answer lists the entries in the order of the request; a refused one has an ErrorCode instead of an EventId.
  return batch.filter((_, index) => answer.Entries?.[index]?.EventId !== undefined).map(({ id }) => id);
}

function entryOf(
  deps: EventPublisherDependencies,
  connectionId: string,
  event: ConnectionEvent,
): PutEventsRequestEntry {
  const occurredAt = isoTime(event.atMs);
  return {
    EventBusName: deps.busName,
    Source: EVENT_SOURCE,
    DetailType: event.type,
    Time: new Date(occurredAt),
    Detail: JSON.stringify({
      ...event.detail,
      id: event.id,
      vault: deps.vaultName,
      connectionId,
      generation: event.generation,
      occurredAt,
    }),
  };
}
