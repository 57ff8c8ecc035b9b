import type { Connection } from './connection.ts';

const OUTBOX_LIMIT = 8;

/** What is kept of events that could not be published: the newest, because the newest state matters most. */
export function keptOf(outbox: Connection['outbox']): Connection['outbox'] {
  return outbox.slice(-OUTBOX_LIMIT);
}
