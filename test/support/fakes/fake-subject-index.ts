import type { Connection } from '../../../functions/core/connection/connection.ts';
import type { SubjectIndex, UnknownOwners } from '../../../functions/core/ports/connections.ts';
import type { ConnectionMemory } from './connection-memory.ts';

export function createFakeSubjectIndex(memory: ConnectionMemory): SubjectIndex & UnknownOwners {
  return {
    async connectionIdsOf(subjectKey) {
      await Promise.resolve();
      return memory
        .indexed()
        .filter((connection) => connection.subjectKey === subjectKey)
        .map((connection) => connection.connectionId);
    },
    async countUnknownOwners() {
      await Promise.resolve();
      const isOwnerless = ({ state, subjectKey }: Connection) =>
        state !== 'disconnected' && subjectKey === undefined;
      return memory.indexed().filter(isOwnerless).length;
    },
  };
}
