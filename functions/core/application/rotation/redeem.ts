import type { Secret } from '../../domain/secret.ts';
import type { ClientSecrets, TokenAnswer } from '../../ports/ims.ts';
import type { Deadline } from '../deadline.ts';
import { LISTEN_MS, NEEDED_TO_POST_MS, REPOST_AFTER_MS } from './ladder.ts';
import type { RotationDeps } from './rotation-deps.ts';

type RedeemDeps = Pick<RotationDeps, 'ims' | 'clock' | 'clientSecret' | 'telemetry'>;

export interface Redemption {
  readonly refreshToken: Secret;
  readonly clientSecrets: ClientSecrets;
  /** Narrower scopes; absent = everything granted. */
  readonly scopes?: readonly string[];
  /** Told before the same token is posted again. */
  readonly onLost: () => Promise<void>;
}

/**
 * Posts the refresh token. A second post of the same token follows only when the first was cut off or met silence, not
 * sooner than 12 s after it, and only if its answer could still be committed. A refused client secret was not a use of
 * the token: the other secrets are tried.
 */
export async function redeem(
  deps: RedeemDeps,
  redemption: Redemption,
  deadline: Deadline,
): Promise<TokenAnswer> {
  const startedAt = deps.clock.monotonicMs();
  const first = await postWithEverySecret(deps, redemption, deadline);
  if (!mayHaveBeenLost(first)) return first;
  await redemption.onLost();
  const sinceFirstMs = deps.clock.monotonicMs() - startedAt;
  const pauseMs = Math.max(0, REPOST_AFTER_MS - sinceFirstMs);
  if (deadline.remainingMs() - pauseMs < NEEDED_TO_POST_MS) return first;
  deps.telemetry.warn('IMS did not answer; the same refresh token is posted a second time.');
  if (pauseMs > 0) await deps.clock.sleep(pauseMs);
  return postWithEverySecret(deps, redemption, deadline);
}

function mayHaveBeenLost(answer: TokenAnswer): boolean {
  return answer.kind === 'unknown' && (answer.reason === 'silence' || answer.reason === 'reset');
}

async function postWithEverySecret(
  deps: RedeemDeps,
  redemption: Redemption,
  deadline: Deadline,
): Promise<TokenAnswer> {
  const { current, previous } = redemption.clientSecrets;
  const answer = await post(deps, redemption, current);
  if (!isWrongSecret(answer)) return answer;
  for (const secret of await otherSecrets(deps, current, previous)) {
    if (deadline.remainingMs() < NEEDED_TO_POST_MS) return answer;
    const again = await post(deps, redemption, secret);
    if (!isWrongSecret(again)) return again;
  }
  return answer;
}

async function post(deps: RedeemDeps, redemption: Redemption, clientSecret: Secret): Promise<TokenAnswer> {
  const startedAt = deps.clock.monotonicMs();
  const answer = await deps.ims.refresh({
    refreshToken: redemption.refreshToken,
    clientSecret,
    listenMs: LISTEN_MS,
    ...(redemption.scopes && { scopes: redemption.scopes }),
  });
  deps.telemetry.measure('RedeemLatency', deps.clock.monotonicMs() - startedAt, 'Milliseconds');
  return answer;
}

/** `unauthorized` is a 401 without an error (RFC 6749 §5.2: the client could not be authenticated). */
function isWrongSecret(answer: TokenAnswer): boolean {
  return (
    answer.kind === 'misconfigured' && (answer.error === 'invalid_client' || answer.error === 'unauthorized')
  );
}

/** The second secret, and whatever the operator has stored since ours was read. */
async function otherSecrets(
  deps: RedeemDeps,
  current: Secret,
  previous: Secret | undefined,
): Promise<readonly Secret[]> {
  const fresh = await deps.clientSecret.read({ fresh: true }).catch(() => 'not-configured' as const);
  const candidates = fresh === 'not-configured' ? [previous] : [previous, fresh.current, fresh.previous];
  const seen = new Set([current.reveal()]);
  return candidates.filter((secret): secret is Secret => {
    if (secret === undefined || seen.has(secret.reveal())) return false;
    seen.add(secret.reveal());
    return true;
  });
}
