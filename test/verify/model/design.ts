/**
 * The safeguards of the rotation protocol. The real design has all of them; a weakened one lacks exactly one.
 *
 * Where each stands in the code (functions/core/rotation unless named otherwise; `condition` is
 * functions/adapters/dynamodb/connection-store.ts):
 *
 * | safeguard here            | in the code                                                                                |
 * |---------------------------|--------------------------------------------------------------------------------------------|
 * | lease                     | gate.ts passGate; claim condition `noLeaseLiveAt`; decide and release update `onlyIfLeasedBy`  |
 * | claimsWhatItRead          | claim conditions `tokenIsStill`, `stateIsOneOf`, `nextAttemptIs`                           |
 * | versionCondition          | update condition `tokenIsStill` (#version)                                                  |
 * | generationCondition       | update condition `tokenIsStill` (#generation)                                               |
 * | commitWithoutLease        | keep.ts commitOnce: no `onlyIfLeasedBy` once there is a successor                          |
 * | isAlreadyMine             | keep.ts settleLostCommit, recover.ts superseded: own commitId among the last two           |
 * | listensToSlowAnswers      | refresh.ts listeningTime: nothing is aborted that could be kept; a second post late, or never |
 * | tokensBeatRefusals        | refresh.ts settleBoth: the other post is waited for                                         |
 * | keepsBothSuccessors       | keep-answer.ts keepAnswers: the other post is heard out, and what it brings kept            |
 * | keepsPrevious             | successor.ts succession (`previous: posted`), recover.ts recoveryChanges                     |
 * | parks, parkingRecurs      | keep.ts keepSuccession, park.ts parkOnce; adapters/scheduler, a `rate` with an end         |
 * | recoversBeforePosting       | rotate-token.ts lookForParked, on lease.ts hasUncleanLease                                 |
 * | sparesUncleanLease        | revoke.ts isTaken; work.ts dueWork (a warning waits for the rotation)                     |
 * | conditionalPublish        | adapters/dynamodb/access-token-store.ts nothingNewerThan, nothingLivingSince               |
 * | keepsUnstorable           | uncommitted.ts keepAsAlternate (same generation), mayBelongToSameUser (a newer one)             |
 * | sparesSameUser            | revoke-at-ims.ts mayEndAnotherGrant                                                        |
 * | waitsForConsents          | consent/mark-consent.ts; revoke.ts and revoke-at-ims.ts consentAwaited; `storedIs` (the mark) |
 * | generationsNeverReused    | connection/disconnect.ts: a new generation, nothing deleted; connection/generation.ts   |
 * | consentsInOrder           | connection-store.ts begin: `nothingStored` or `olderThan`, and `storedIs` what was read    |
 * | gathersEvidence           | decision.ts refusedDecision, isComplete; fallback-token.ts nextFallback               |
 *
 * One step here may be several calls there, where a condition makes them one: begin and activate write on exactly what they
 * read (`storedIs`), a recovery and a commit are settled by the item as it then is. An uncommitted successor is kept as `alternate` on the
 * lease as it was read and not on the place being empty: two uncommitted successors in the same moment take two zombies.
 * A consent is marked and its code exchanged in one step: the callback marks first, and lets a revocation that holds the lease
 * be answered (`untilAtRest`). What a plain sign-in does not know before the exchange is in docs/rotation.md, not here.
 * Without `claimsWhatItRead` nothing is lost and no decision is false (a test searches it): a run that decided on older evidence
 * counts less of it, never more. The condition spares IMS a post during a pause.
 * The vault's claim also fails where only `nextAttemptAtMs` moved without evidence (an unknown outcome, a release): here it
 * goes through, so more may happen here.
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
  readonly listensToSlowAnswers: boolean;
  /** Of two posts in flight, a refusal of one is judged only when the other has brought nothing. */
  readonly tokensBeatRefusals: boolean;
  /** When one of two posts has brought tokens, those of the other are kept too. */
  readonly keepsBothSuccessors: boolean;
  readonly keepsPrevious: boolean;
  readonly parks: boolean;
  /** The parked successor's schedule fires again until it is recovered. */
  readonly parkingRecurs: boolean;
  readonly recoversBeforePosting: boolean;
  /** Whatever else takes the lease (a warning, a revocation) leaves one alone that ran out: a successor may be parked. */
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
  listensToSlowAnswers: true,
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

export function without(reconcile: keyof Design): Design {
  return { ...REAL_DESIGN, [reconcile]: false };
}
