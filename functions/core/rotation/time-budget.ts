import { MINUTE_MS, SECOND_MS } from '../time-units.ts';

/**
 * The time budget of one rotation: prepare, one POST, a second POST, commit. All of it ends before the function is
 * killed (55 s). The kill comes before the lease ends, so that no run posts while another process that has opened the
 * token may still be running. The run waits for a first POST without an answer as long as there is time for a second
 * one, about 35 s. The second POST may end every token of the grant, if IMS takes it for a replay. It is not needed
 * if the first is answered late. The run then waits for both for 10 s.
 */
const PREPARE_MS = 4 * SECOND_MS;
/** A first POST is made only if this much time is left for its answer. */
export const ANSWER_TIMEOUT_MS = 20 * SECOND_MS;
const SECOND_LISTEN_MS = 10 * SECOND_MS;
/** A second POST may get less time than is planned for it, but not less than this. */
const SHORTEST_TIMEOUT_MS = 5 * SECOND_MS;
export const COMMIT_MS = 8 * SECOND_MS;
/** Parking a successor may take two tries of Scheduler, so it starts at least this long before the end. */
export const PARK_MS = 4 * SECOND_MS;
export const FUNCTION_TIMEOUT_MS = 55 * SECOND_MS;
export const LEASE_MS = MINUTE_MS;
/** The same refresh token is not posted again sooner than this after the first post. */
export const REPOST_AFTER_MS = 12 * SECOND_MS;
/**
 * Our clock may be this far from the store's; beyond it leases mean nothing. The `Date` header counts whole seconds.
 */
export const CLOCK_TOLERANCE_MS = 2 * SECOND_MS + 999;
/** Reading, creating the schedule and answering take their share too. */
const OVERHEAD_MS = 2 * SECOND_MS;

/** Kept back behind every answer: it must still be committed. */
export const NEEDED_TO_KEEP_MS = COMMIT_MS + OVERHEAD_MS;
/** What a first post needs: a full answer and its commit. */
export const NEEDED_TO_POST_MS = ANSWER_TIMEOUT_MS + NEEDED_TO_KEEP_MS;
/** What a second post of the same token needs. A first post without an answer leaves this much time for it. */
export const NEEDED_TO_REPOST_MS = SHORTEST_TIMEOUT_MS + NEEDED_TO_KEEP_MS;
export const LEFT_FOR_REPOST_MS = SECOND_LISTEN_MS + NEEDED_TO_KEEP_MS;
/** Time that must be left to claim the lease. */
export const NEEDED_TO_START_MS = PREPARE_MS + NEEDED_TO_POST_MS;
/** A commit this recent is still publishing its access token. */
export const PUBLISHING_MS = 15 * SECOND_MS;
