import type { ConnectionEvent } from '../../../functions/core/connection/connection.ts';
import type { EventPublisher } from '../../../functions/core/ports/events.ts';

export interface FakeEventPublisher extends EventPublisher {
  readonly published: readonly PublishedEvent[];
  /** EventBridge may refuse single entries: these are refused from now on. */
  refuse(isRefused: (event: ConnectionEvent) => boolean): void;
}

export interface PublishedEvent {
  readonly connectionId: string;
  readonly event: ConnectionEvent;
}

export function createFakeEventPublisher(): FakeEventPublisher {
  const published: PublishedEvent[] = [];
  let isRefused: (event: ConnectionEvent) => boolean = () => false;
  return {
    published,
    refuse(predicate) {
      isRefused = predicate;
    },
    async publish(connectionId, events) {
      await Promise.resolve();
      const accepted = events.filter((event) => !isRefused(event));
      published.push(...accepted.map((event) => ({ connectionId, event: structuredClone(event) })));
      return accepted.map((event) => event.id);
    },
  };
}
