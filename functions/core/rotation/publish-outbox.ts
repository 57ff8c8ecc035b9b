import type { Connection } from '../connection/connection.ts';
import { keptOf } from '../connection/outbox.ts';
import { type Run, updateAsRead } from './run.ts';

/**
 * Publishes what the outbox holds and clears what was accepted. At least once: a crash in between publishes again, under
 * the same event id. Failing costs a later due time, and the oldest events once too many wait.
 */
export async function publishOutbox(run: Run, connection: Connection): Promise<Connection> {
  const { outbox } = connection;
  if (outbox.length === 0) return connection;
  const accepted = await publish(run, connection);
  const remaining = keptOf(outbox.filter(({ id }) => !accepted.has(id)));
  if (remaining.length === outbox.length) return connection;
  try {
    const onlyIfOutboxIs = outbox.map(({ id }) => id);
    return (await updateAsRead(run, connection, { outbox: remaining }, { onlyIfOutboxIs })).connection;
  } catch (error) {
    run.deps.telemetry.warn('Published events stay in the outbox and will come once more.', {
      connectionId: connection.connectionId,
      reason: error instanceof Error ? error.name : 'unknown',
    });
    return connection;
  }
}

async function publish({ deps }: Run, { connectionId, outbox }: Connection): Promise<ReadonlySet<string>> {
  try {
    return new Set(await deps.events.publish(connectionId, outbox));
  } catch (error) {
    deps.telemetry.error('Events could not be published; they stay in the outbox.', error, { connectionId });
    deps.telemetry.measure('EventsNotPublished', outbox.length, 'Count');
    return new Set();
  }
}
