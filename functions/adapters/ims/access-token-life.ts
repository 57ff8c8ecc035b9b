import { positiveNumber } from './answer-fields.ts';

/** More seconds than any access token lives: such a number is milliseconds. */
const IMPLAUSIBLE_SECONDS = 1_000_000;
/** The shortest life seen with Adobe. Used when neither the answer nor the token says anything. */
const ASSUMED_SECONDS = 3_600;
/** A shorter life is a misreading, and would have us rotate without end. */
const SHORTEST_CREDIBLE_SECONDS = 60;

export interface AccessTokenLife {
  readonly expiresInSeconds: number;
  readonly anomalies: readonly string[];
}

/**
 * How long an access token lives. Token endpoint v3 answers in seconds, v1 in milliseconds, and the token's own claim is in
 * milliseconds: an implausible number is read as milliseconds, and where answer and claim differ the shorter one holds.
 *
 * @param expiresIn the member `expires_in` of the answer, whatever it is
 * @param claimMs the lifetime that the token claims, in milliseconds
 */
export function readAccessTokenLife(expiresIn: unknown, claimMs: number | undefined): AccessTokenLife {
  const claimed = credibleSeconds(claimMs);
  const stated = positiveNumber(expiresIn) ?? 0;
  const inMilliseconds =
    stated > IMPLAUSIBLE_SECONDS || (claimed !== undefined && isClose(stated, claimed * 1_000));
  const seconds = Math.min(inMilliseconds ? Math.floor(stated / 1_000) : stated, IMPLAUSIBLE_SECONDS);
  if (seconds < SHORTEST_CREDIBLE_SECONDS) {
    const anomaly = expiresIn === undefined ? 'expires-in-missing' : 'expires-in-implausible';
    const anomalies = claimed === undefined ? [anomaly, 'expires-in-assumed'] : [anomaly];
    return { expiresInSeconds: claimed ?? ASSUMED_SECONDS, anomalies };
  }
  const agrees = claimed === undefined || isClose(seconds, claimed);
  return {
    expiresInSeconds: Math.min(seconds, claimed ?? seconds),
    anomalies: [
      ...(inMilliseconds ? ['expires-in-milliseconds'] : []),
      ...(agrees ? [] : ['expires-in-disagrees-with-token']),
    ],
  };
}

function credibleSeconds(claimMs: number | undefined): number | undefined {
  if (claimMs === undefined) return undefined;
  const seconds = Math.floor(claimMs / 1_000);
  return seconds >= SHORTEST_CREDIBLE_SECONDS && seconds <= IMPLAUSIBLE_SECONDS ? seconds : undefined;
}

const isClose = (one: number, other: number): boolean => Math.abs(one - other) <= other * 0.05;
