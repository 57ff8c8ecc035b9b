import type { ConnectionStatusResponse, NoNewTokensReason } from '../../client/contract.ts';
import { fromNowInWords, timeInWords } from '../spans.ts';

/** What a connection does, and what can be done: at most five lines. */
export interface ConnectionExplained {
  readonly state: string;
  readonly why: string;
  /** ISO 8601. */
  readonly since?: string;
  /** What happens next without anyone acting, and when. */
  readonly next: string;
  /** What the operator can do. */
  readonly action: string;
}

type Explanation = Pick<ConnectionExplained, 'why' | 'since' | 'action'>;

const CONNECT_AGAIN = 'Let the user consent again: `connect`.';
const NOTHING = 'Nothing.';

/** Pure. The first that applies decides: what ends a connection comes before what delays it. */
export function explainConnection(status: ConnectionStatusResponse, nowMs: number): ConnectionExplained {
  const { state, noNewTokens } = status;
  const { why, since, action } = explain(status);
  return {
    state: noNewTokens === undefined || state !== 'active' ? state : `${state}, but gives no new token`,
    why,
    ...(since !== undefined && { since }),
    next: next(status, nowMs),
    action,
  };
}

export function explanationLines(
  connectionId: string,
  { state, why, since, next, action }: ConnectionExplained,
  nowMs: number,
): readonly string[] {
  return [
    `${connectionId} is ${state}.`,
    `Why:    ${why}`,
    ...(since === undefined ? [] : [`Since:  ${timeInWords(since, nowMs)}`]),
    `Next:   ${next}`,
    `Do:     ${action}`,
  ];
}

function explain(status: ConnectionStatusResponse): Explanation {
  if (status.noNewTokens !== undefined) return ENDS[status.noNewTokens](status);
  if (status.state === 'needs-user-action') return userMustAct(status);
  if (status.state === 'suspect') return suspect(status);
  if (status.degraded !== undefined) return degraded(status);
  if (status.heldByBreaker) return held(status);
  if (status.lastError === 'not-posted') return notPosted(status);
  if (status.lastError !== undefined) return failing(status);
  if (status.lateSince !== undefined) return late(status);
  return well(status);
}

const ENDS: Readonly<Record<NoNewTokensReason, (status: ConnectionStatusResponse) => Explanation>> = {
  disconnected: ({ state }) => ({
    why: 'It was disconnected.',
    action: state === 'disconnecting' ? 'Nothing: the vault revokes its tokens at Adobe.' : NOTHING,
  }),
  reauthorization_required: (status) => ({
    why: `Adobe refuses the grant (${status.lastError ?? 'expired'}). After repeated tries the vault considers it revoked.`,
    ...since(status.failingSince),
    action: CONNECT_AGAIN,
  }),
  not_renewable: ({ connectedAt }) => ({
    why: 'The user consented without offline_access, so there is no refresh token.',
    since: connectedAt,
    action: 'Add offline_access to the setting scopes. Then let the user consent again: `connect`.',
  }),
  expired: ({ refreshExpiresAt, lastError }) => ({
    why: `Its grant has expired${lastError === undefined ? '' : ` while tries failed (${lastError})`}.`,
    ...since(refreshExpiresAt),
    action: CONNECT_AGAIN,
  }),
  seal_broken: ({ failingSince }) => ({
    why: 'No key opens its stored refresh token.',
    ...since(failingSince),
    action: 'Look for the key, or restore the row: docs/operations.md#seal-broken. Otherwise `connect`.',
  }),
};

const userMustAct = ({ lastError, failingSince, userActionUrl }: ConnectionStatusResponse): Explanation => ({
  why: `Adobe asks the user to act first (${lastError ?? 'unknown'}).`,
  ...since(failingSince),
  action:
    userActionUrl === undefined ? 'Ask the user to sign in at Adobe.' : `Send the user to ${userActionUrl}`,
});

const suspect = ({ failingSince, failedTries, lastError }: ConnectionStatusResponse): Explanation => ({
  why: `Adobe refuses the grant (${lastError ?? 'refused'}, ${triesOf(failedTries)}). The vault tries again before it calls the grant revoked.`,
  ...since(failingSince),
  action: 'Nothing, or offer the user to consent again now: `connect`.',
});

const degraded = ({ degraded, failingSince, failedTries }: ConnectionStatusResponse): Explanation => ({
  why: `Adobe answers this connection with ${degraded} (${triesOf(failedTries)}).`,
  ...since(failingSince),
  action: 'Compare credential and scopes with the Adobe console: docs/operations.md#connection-degraded.',
});

const held = ({ lateSince }: ConnectionStatusResponse): Explanation => ({
  why: 'A breaker is open: answers of Adobe are lost, or Adobe refuses the credential.',
  ...since(lateSince),
  action: 'Run `doctor`: it says which breaker, and what to do.',
});

const notPosted = ({ lateSince, failedTries }: ConnectionStatusResponse): Explanation => ({
  why: `Its last runs could not post (${triesOf(failedTries)}): no key opened its token, or there was no client secret.`,
  ...since(lateSince),
  action: 'Run `doctor`, and see docs/operations.md#keys-unavailable.',
});

const failing = ({ lastError, failingSince, failedTries }: ConnectionStatusResponse): Explanation => ({
  why: `Its last try brought no tokens (${lastError}, ${triesOf(failedTries)}).`,
  ...since(failingSince),
  action:
    'Run `doctor` if others fail too. To try now: `rotate`. While answers are lost, a try can lose the grant.',
});

const late = ({ lateSince }: ConnectionStatusResponse): Explanation => ({
  why: 'Its rotation is late: its schedule did not fire, or its run could not post.',
  ...since(lateSince),
  action: 'Run `doctor`. To rotate it now: `rotate`.',
});

function well({ rotatedAt, connectedAt, sliding }: ConnectionStatusResponse): Explanation {
  const why =
    rotatedAt === undefined ? 'The user consented, and it is not due yet.' : 'Its last rotation succeeded.';
  const ends = 'Let the user consent again before the grant expires: no rotation extends it.';
  return { why, since: rotatedAt ?? connectedAt, action: sliding === 'no' ? ends : NOTHING };
}

function next(
  { nextTryAt, noNewTokens, refreshExpiresAt, sliding }: ConnectionStatusResponse,
  nowMs: number,
) {
  if (noNewTokens === 'disconnected') return 'The vault deletes its record after some days.';
  const ends =
    refreshExpiresAt === undefined || Date.parse(refreshExpiresAt) <= nowMs
      ? ''
      : ` Its grant ${sliding === 'no' ? 'expires' : 'is lost unless a try succeeds'} ${whenOf(refreshExpiresAt, nowMs)}.`;
  if (nextTryAt === undefined) return `The vault does not try again.${ends}`;
  return `The vault tries again ${whenOf(nextTryAt, nowMs)}.${ends}`;
}

const whenOf = (time: string, nowMs: number): string => fromNowInWords(Date.parse(time), nowMs);
const since = (time: string | undefined) => (time === undefined ? {} : { since: time });
const triesOf = (tries: number | undefined): string =>
  tries === undefined ? 'one or more tries' : `${tries} ${tries === 1 ? 'try' : 'tries'}`;
