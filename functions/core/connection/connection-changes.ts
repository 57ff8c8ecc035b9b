import type { Connection } from './connection.ts';
import type { ConnectionEvent } from './connection-event.ts';

/** Attributes to set; `null` removes. Identity and generation change only when a generation begins. */
export type ConnectionChanges = {
  readonly [K in keyof Omit<Connection, 'connectionId' | 'generation' | 'clientId'>]?:
    | Connection[K]
    | (undefined extends Connection[K] ? null : never);
} & {
  /** Appended to the outbox as it then is: nobody's event is overwritten unseen, none published comes back. */
  readonly newEvents?: readonly ConnectionEvent[];
};

/** The connection as it will be once the changes are stored. What they remove reads as undefined. */
export function withChanges(connection: Connection, changes: ConnectionChanges): Connection {
  const { newEvents } = changes;
  const attributes: Readonly<Record<string, unknown>> = changes;
  const result: Record<string, unknown> = { ...connection };
  for (const name in attributes) {
    const value = attributes[name];
    if (value === undefined || name === 'newEvents') continue;
    // Not deleted: an object that had something deleted is a slow one from then on, and so is every copy of it.
    result[name] = value === null ? undefined : value;
  }
  if (newEvents !== undefined) result.outbox = [...connection.outbox, ...newEvents];
  return result as Pick<Connection, keyof Connection>;
}
