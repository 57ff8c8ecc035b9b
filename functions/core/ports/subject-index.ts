/** Finds all connections of one Adobe user. Eventually consistent. */
export interface SubjectIndex {
  connectionIdsOf(subjectKey: string): Promise<readonly string[]>;
}

/** Connections that no look-up by person finds: they were imported, and neither line nor token told whose they are. */
export interface UnknownOwners {
  /** Eventually consistent. A tombstone does not count. */
  countUnknownOwners(): Promise<number>;
}
