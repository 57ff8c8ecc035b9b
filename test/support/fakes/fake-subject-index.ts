import type { SubjectIndex } from '../../../functions/core/ports/subject-index.ts';
import type { ConnectionMemory } from './connection-memory.ts';

export function createFakeSubjectIndex(memory: ConnectionMemory): SubjectIndex {
  return {
    async connectionIdsOf(subjectKey) {
      await Promise.resolve();
      return memory
        .indexed()
        .filter((connection) => connection.subjectKey === subjectKey)
        .map((connection) => connection.connectionId);
    },
  };
}
