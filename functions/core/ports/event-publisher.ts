import type { ConnectionEvent } from '../domain/connection-event.ts';

/** Publishes to EventBridge. Throws `PlatformFault` `EVENTS_UNAVAILABLE` or `ACCESS_DENIED`; returns the ids that were accepted. */
export interface EventPublisher {
  publish(connectionId: string, events: readonly ConnectionEvent[]): Promise<readonly string[]>;
}
