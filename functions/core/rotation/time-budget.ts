import { MINUTE_MS, SECOND_MS } from '../durations.ts';

/**
 * The time budget of one rotation: prepare, one POST, a second POST, commit. All of it ends before the function is
 * killed (55 s), and the kill comes before the lease ends, so that no run posts while another that holds the token may
 * live.
 *
 * A first POST that stays silent is listened to alone for as long as a second one still fits behind it, to about 35 s.
 * The second one ends the family where IMS takes it for a replay, and is not needed if the first is answered late. The
 * run then listens to both for 10 s.
 */
const PREPARE_MS = 4 * SECOND_MS;
/** A first POST is made only with this much time to listen. */
export const ANSWER_TIMEOUT_MS = 20 * SECOND_MS;
const SECOND_LISTEN_MS = 10 * SECOND_MS;
/** A second POST may have less time than it should, but not less than this. */
const SHORTEST_TIMEOUT_MS = 5 * SECOND_MS;
export const COMMIT_MS = 8 * SECOND_MS;
/** Parking a successor may take two tries of Scheduler: it starts this long before the end, however the time went. */
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
/** What a second post of the same token needs, and what is left for one behind a first post that stays silent. */
export const NEEDED_TO_REPOST_MS = SHORTEST_TIMEOUT_MS + NEEDED_TO_KEEP_MS;
export const LEFT_FOR_REPOST_MS = SECOND_LISTEN_MS + NEEDED_TO_KEEP_MS;
/** What a claim needs before it may be taken. */
export const NEEDED_TO_START_MS = PREPARE_MS + NEEDED_TO_POST_MS;
/** A commit this recent is still publishing its access token. */
export const PUBLISHING_MS = 15 * SECOND_MS;
