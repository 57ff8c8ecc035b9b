import type { Connection } from './connection.ts';

/** Attributes to set; `null` removes. Identity and generation change only when a generation begins. */
export type ConnectionChanges = {
  readonly [K in keyof Omit<Connection, 'connectionId' | 'generation' | 'clientId'>]?:
    | Connection[K]
    | (undefined extends Connection[K] ? null : never);
};

/** The connection as it will be once the changes are stored. */
export function withChanges(connection: Connection, changes: ConnectionChanges): Connection {
  const result = { ...connection };
  for (const [name, value] of Object.entries(changes)) {
    if (value === null) Reflect.deleteProperty(result, name);
    else if (value !== undefined) Reflect.set(result, name, value);
  }
  return result;
}
