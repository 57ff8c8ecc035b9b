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

/** The connection as it will be once the changes are stored. */
export function withChanges(connection: Connection, changes: ConnectionChanges): Connection {
  const { newEvents } = changes;
  const result: Record<string, unknown> = { ...connection };
  for (const [name, value] of Object.entries(changes)) {
    if (value === undefined || name === 'newEvents') continue;
    if (value !== null) result[name] = value;
    // Nothing to delete, in most cases; and an object that had something deleted is a slow one from then on.
    else if (result[name] !== undefined) Reflect.deleteProperty(result, name);
  }
  if (newEvents !== undefined) result.outbox = [...connection.outbox, ...newEvents];
  return result as Pick<Connection, keyof Connection>;
}
