/**
 * The safeguards of the rotation protocol. The real design has all of them; a weakened one lacks exactly one.
 *
 * Where each stands in the code: functions of functions/core, conditions of functions/adapters/dynamodb/connection-store.ts.
 *
 * | safeguard here         | in the code                                                                             |
 * |------------------------|-----------------------------------------------------------------------------------------|
 * | lease                  | `passGate`; claim condition `noLeaseLiveAt`; decide and release update `onlyIfLeasedBy` |
 * | claimsWhatItRead       | claim conditions `tokenIsStill`, `stateIsOneOf`, `nextAttemptIs`                        |
 * | versionCondition       | update condition `tokenIsStill` (#version)                                              |
 * | generationCondition    | update condition `tokenIsStill` (#generation)                                           |
 * | commitWithoutLease     | `commitOnce`: no `onlyIfLeasedBy` once there is a successor                             |
 * | isAlreadyMine          | `settleLostCommit`, `superseded`: own commitId among the last two                       |
 * | waitsForSlowAnswers    | `listeningTime`: no answer that could be kept is aborted; a second post late, or never  |
 * | tokensBeatRefusals     | `settleBoth`: the other post is waited for                                              |
 * | keepsBothSuccessors    | `keepAnswers`: the other post is waited for, and its tokens are kept                    |
 * | keepsPrevious          | `succession` (`previous: posted`), `recoveryChanges`                                    |
 * | parks, parkingRecurs   | `keepSuccession`, `parkOnce`; adapters/scheduler: a `rate` with an end                  |
 * | recoversBeforePosting  | `recoverBeforePost`, after `hasUncleanLease`                                            |
 * | sparesUncleanLease     | `isTaken`; `dueWork` (a warning waits for the rotation)                                 |
 * | conditionalPublish     | `nothingNewerThan`, `nothingLivingSince` in adapters/dynamodb                           |
 * | keepsUnstorable        | `settleUncommitted`: `alternate` (same generation), `mayBelongToSameUser` (a newer one) |
 * | sparesSameUser         | `mayEndAnotherGrant`                                                                    |
 * | waitsForConsents       | consent/mark-consent.ts; `consentAwaited`; `storedIs` (the mark)                        |
 * | generationsNeverReused | `disconnectingConnection`: a new generation, nothing deleted; `mintGeneration`          |
 * | consentsInOrder        | `replaceGeneration`: `nothingStored` or `olderThan`, and `storedIs` what was read       |
 * | gathersEvidence        | `refusedDecision`, `isComplete`, `nextFallback`                                         |
 *
 * One step here may be several calls in the code, where a condition makes them one:
 * - A disconnect and a new consent write on exactly what they read (`storedIs`). A recovery and a commit are settled by the item
 *   as it then is.
 * - An uncommitted successor is kept as `alternate` on the condition of the lease that was read, not of an empty place. Two
 *   uncommitted successors at the same moment take two zombies.
 * - A consent is marked and its code exchanged in one step. The callback marks first, and waits for a revocation that holds the
 *   lease (`untilAtRest`). What a plain sign-in does not know before the exchange is in docs/rotation.md, not here.
 * - Without `claimsWhatItRead` nothing is lost and no decision is false (a test searches it): a run that decided on older evidence
 *   counts less of it, never more. The condition spares IMS a post during a pause.
 * - The vault's claim also fails where only `nextAttemptAtMs` moved without evidence (an unknown outcome, a release). Here it
 *   succeeds, so more may happen here.
 */
export interface Design {
  readonly lease: boolean;
  /** A claim holds for the very evidence it was decided on, not for a newer refusal. */
  readonly claimsWhatItRead: boolean;
  readonly versionCondition: boolean;
  readonly generationCondition: boolean;
  /** A commit is conditioned on generation and version, never on holding the lease. */
  readonly commitWithoutLease: boolean;
  /** A slow answer is waited for, not aborted. */
  readonly waitsForSlowAnswers: boolean;
  /** Of two posts in flight, a refusal of one counts only when the other has brought no tokens. */
  readonly tokensBeatRefusals: boolean;
  /** When one of two posts has brought tokens, those of the other are kept too. */
  readonly keepsBothSuccessors: boolean;
  readonly keepsPrevious: boolean;
  readonly parks: boolean;
  /** The parked successor's schedule fires again until it is recovered. */
  readonly parkingRecurs: boolean;
  readonly recoversBeforePosting: boolean;
  /** A warning or a revocation does not take over a lease that ran out: a successor may be parked. */
  readonly sparesUncleanLease: boolean;
  readonly conditionalPublish: boolean;
  /** A successor whose version moved is kept, never revoked. */
  readonly keepsUnstorable: boolean;
  /** Nothing is revoked while another live connection is the same user's, unless IMS is known to revoke tokens alone. */
  readonly sparesSameUser: boolean;
  /** Nothing is revoked between the exchange of a code and its redeem: the new grant is no connection yet. */
  readonly waitsForConsents: boolean;
  readonly generationsNeverReused: boolean;
  /** A consent is stored only over an older generation. */
  readonly consentsInOrder: boolean;
  /** More than one refusal is needed, and the fallbacks get their try. */
  readonly gathersEvidence: boolean;
}

export const REAL_DESIGN: Design = {
  lease: true,
  claimsWhatItRead: true,
  versionCondition: true,
  generationCondition: true,
  commitWithoutLease: true,
  waitsForSlowAnswers: true,
  tokensBeatRefusals: true,
  keepsBothSuccessors: true,
  keepsPrevious: true,
  parks: true,
  parkingRecurs: true,
  recoversBeforePosting: true,
  sparesUncleanLease: true,
  conditionalPublish: true,
  keepsUnstorable: true,
  sparesSameUser: true,
  waitsForConsents: true,
  generationsNeverReused: true,
  consentsInOrder: true,
  gathersEvidence: true,
};

export function without(safeguard: keyof Design): Design {
  return { ...REAL_DESIGN, [safeguard]: false };
}
