import type { Connection } from '../../domain/connection.ts';
import { amendAsRead, type Run } from './run.ts';

/**
 * Publishes what the outbox holds and clears what was accepted. At least once: a crash in between publishes again, under
 * the same event id. Failing costs nothing but a later wake.
 */
export async function publishOutbox(run: Run, connection: Connection): Promise<Connection> {
  const { outbox, connectionId } = connection;
  if (outbox.length === 0) return connection;
  try {
    const accepted = new Set(await run.deps.events.publish(connectionId, outbox));
    const remaining = outbox.filter(({ id }) => !accepted.has(id));
    const amended = await amendAsRead(
      run,
      connection,
      { outbox: remaining },
      { onlyIfOutboxIs: outbox.map(({ id }) => id) },
    );
    return amended.connection;
  } catch (fault) {
    run.deps.telemetry.error('Events could not be published; they stay in the outbox.', fault, {
      connectionId,
    });
    return connection;
  }
}
