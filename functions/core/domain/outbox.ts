import type { Connection } from './connection.ts';
import type { ConnectionEvent } from './connection-event.ts';

const OUTBOX_LIMIT = 8;

/** The outbox with one more event; when it is full the oldest gives way, because the newest state matters most. */
export function withEvent(outbox: Connection['outbox'], event: ConnectionEvent): readonly ConnectionEvent[] {
  return [...outbox, event].slice(-OUTBOX_LIMIT);
}
