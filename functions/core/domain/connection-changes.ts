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
  const result = { ...connection };
  for (const [name, value] of Object.entries(changes)) {
    if (value === null) Reflect.deleteProperty(result, name);
    else if (value !== undefined && name !== 'newEvents') Reflect.set(result, name, value);
  }
  return newEvents === undefined ? result : { ...result, outbox: [...connection.outbox, ...newEvents] };
}
