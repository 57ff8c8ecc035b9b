/** The guards of the rotation protocol. The real design has all of them; a weakened one lacks exactly one. */
export interface Design {
  readonly lease: boolean;
  readonly versionCondition: boolean;
  readonly generationCondition: boolean;
  /** A commit is conditioned on generation and version, never on holding the lease. */
  readonly commitWithoutLease: boolean;
  /** A slow answer is waited for, not aborted. */
  readonly listensToSlowAnswers: boolean;
  readonly keepsPrevious: boolean;
  readonly parks: boolean;
  /** The parked successor's schedule rings again until it is adopted. */
  readonly parkingRecurs: boolean;
  readonly adoptsBeforePosting: boolean;
  readonly conditionalPublish: boolean;
  /** A successor whose version moved is kept, never revoked. */
  readonly keepsUnstorable: boolean;
  readonly generationsNeverReused: boolean;
  /** A consent is stored only over an older generation. */
  readonly consentsInOrder: boolean;
  /** More than one refusal is needed, and the fallbacks get their try. */
  readonly gathersEvidence: boolean;
}

export const REAL_DESIGN: Design = {
  lease: true,
  versionCondition: true,
  generationCondition: true,
  commitWithoutLease: true,
  listensToSlowAnswers: true,
  keepsPrevious: true,
  parks: true,
  parkingRecurs: true,
  adoptsBeforePosting: true,
  conditionalPublish: true,
  keepsUnstorable: true,
  generationsNeverReused: true,
  consentsInOrder: true,
  gathersEvidence: true,
};

export function without(guard: keyof Design): Design {
  return { ...REAL_DESIGN, [guard]: false };
}
