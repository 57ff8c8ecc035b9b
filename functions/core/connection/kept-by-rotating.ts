import type { Connection } from './connection.ts';

/** Only the vault's own failure can end such a grant: no fixed end, no user who has to act. */
export function isKeptByRotating({ state, sliding }: Pick<Connection, 'state' | 'sliding'>): boolean {
  return (state === 'active' || state === 'suspect') && sliding !== 'no';
}
