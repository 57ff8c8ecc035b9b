import { MINUTE_MS, SECOND_MS } from '../../domain/durations.ts';

/**
 * The time ladder of one rotation: prepare, one POST, a second POST, commit. All of it ends before the function is
 * killed (55 s), and the kill comes before the lease ends, so that nobody redeems beside a process that may still live.
 */
const PREPARE_MS = 4 * SECOND_MS;
export const LISTEN_MS = 20 * SECOND_MS;
export const COMMIT_MS = 8 * SECOND_MS;
/** Parking a successor may take two tries of Scheduler: it starts this long before the end, however the time went. */
export const PARK_MS = 4 * SECOND_MS;
export const FUNCTION_TIMEOUT_MS = 55 * SECOND_MS;
export const LEASE_MS = MINUTE_MS;
/** The same refresh token is not posted again sooner than this after the first post. */
export const REPOST_AFTER_MS = 12 * SECOND_MS;
/** Our clock may be this far from the store's; beyond it leases mean nothing. The `Date` header counts whole seconds. */
export const CLOCK_TOLERANCE_MS = 2 * SECOND_MS + 999;
/** Reading, arming and answering take their share too. */
const OVERHEAD_MS = 2 * SECOND_MS;

/** What one more post needs: a full answer and its commit. */
export const NEEDED_TO_POST_MS = LISTEN_MS + COMMIT_MS + OVERHEAD_MS;
/** What a claim needs before it may be taken. */
export const NEEDED_TO_START_MS = PREPARE_MS + NEEDED_TO_POST_MS;
/** A commit this recent is still publishing its access token. */
export const PUBLISHING_MS = 15 * SECOND_MS;
