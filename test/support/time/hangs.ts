/**
 * The one limit of hooks and tests. It ends what hangs: a busy machine may be twenty times as slow as an idle one, so no test
 * has a limit of its own.
 */
export const HANGS_MS = 10 * 60_000;

/** For a step within a test, so that the report names the step. */
export const STEP_HANGS_MS = HANGS_MS / 2;
