/** The questions, each open for every credential until it is asked. */
export type ProbeQuestion =
  | 'rotation'
  | 'old-token'
  | 'sliding'
  | 'end-readable'
  | 'expires-in'
  | 'error-unknown-token'
  | 'error-old-token'
  | 'error-revoked-token'
  | 'revoking-unknown-token'
  | 'revoking-access-token'
  | 'revoking-refresh-token';

export interface ProbeAnswer {
  readonly question: ProbeQuestion;
  /** A stable word, or the name of an error. */
  readonly answer: string;
  readonly detail: string;
}

export interface ProbeReport {
  readonly answers: readonly ProbeAnswer[];
  /** Adobe's own names of the requests, for a support ticket. */
  readonly debugIds: readonly string[];
  /** Why not every question was asked. */
  readonly stopped?: string;
}
