/** Finds all connections of one Adobe user. Eventually consistent. */
export interface SubjectIndex {
  connectionIdsOf(subjectKey: string): Promise<readonly string[]>;
}
