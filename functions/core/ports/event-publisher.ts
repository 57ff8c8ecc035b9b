import type { ConnectionEvent } from '../connection/connection-event.ts';

/** Publishes to EventBridge. Throws `PlatformError` `EVENTS_UNAVAILABLE` or `ACCESS_DENIED`; returns the ids that were accepted. */
export interface EventPublisher {
  publish(connectionId: string, events: readonly ConnectionEvent[]): Promise<readonly string[]>;
}
