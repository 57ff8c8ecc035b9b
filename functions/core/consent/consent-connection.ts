import { type Connection, type ConnectionEvent, keptOf } from '../connection/connection.ts';
import { mayBeOnePerson, type Profile, subjectKeyOf } from '../connection/connection-id.ts';
import { STATE_RULES } from '../connection/connection-states.ts';
import { isMarkOf } from '../connection/consent-under-way.ts';
import { type RefreshLife, rotationDueAtMs } from '../connection/lifetime.ts';
import {
  accessRevocation,
  type PendingRevocation,
  type SealedAccessMaterial,
} from '../connection/sealed-token.ts';
import { defined } from '../defined.ts';
import { displacedTokens } from '../rotation/successor.ts';

export interface NewConsent {
  readonly connectionId: string;
  readonly clientId: string;
  readonly generation: string;
  readonly subject?: string;
  readonly profile?: Profile;
  readonly grantedScopes: readonly string[];
  /** Absent when IMS gave no refresh token. */
  readonly refresh?: { readonly sealed: Uint8Array; readonly life: RefreshLife };
  readonly commitId: string;
  readonly consentedAtMs: number;
}

/** The connection that a consent brings, before what is stored is taken into account. */
export function connectionOf(consent: NewConsent): Connection {
  const { connectionId, clientId, generation, subject, refresh, consentedAtMs } = consent;
  const rotateAtMs = refresh && rotationDueAtMs(connectionId, refresh.life, consentedAtMs);
  return {
    connectionId,
    generation,
    version: 1,
    state: 'active',
    clientId,
    ...(subject !== undefined && { subject, subjectKey: subjectKeyOf(clientId, subject) }),
    ...(consent.profile && { profile: consent.profile }),
    grantedScopes: consent.grantedScopes,
    renewable: refresh !== undefined,
    sliding: refresh?.life.sliding ?? 'unknown',
    ...(refresh && {
      refresh: { generation, version: 1, sealed: refresh.sealed },
      refreshExpiresAtMs: refresh.life.refreshExpiresAtMs,
      ...(refresh.life.statedExpiresAtMs !== undefined && {
        statedExpiresAtMs: refresh.life.statedExpiresAtMs,
      }),
    }),
    ...(rotateAtMs !== undefined && { rotateAtMs }),
    commitIds: [consent.commitId],
    connectedAtMs: consentedAtMs,
    failures: 0,
    outbox: [],
    revocations: [],
  };
}

/** Requested so that Adobe issues a refresh token. Not every list of granted scopes names it, so it does not count as one. */
const OFFLINE_ACCESS = 'offline_access';

/**
 * A consent without a refresh token, or with fewer scopes, does not replace a live renewable connection: the app would lose
 * what the user had granted. Any consent replaces a degraded connection, because a new consent is its fix. One with fewer
 * scopes replaces a connection that Adobe has refused, but one that cannot be renewed does not. Another person's connection is
 * never kept: the app would take it for the grant of the person who has just consented.
 */
export function keepsPrevious(stored: Connection | undefined, consent: Connection, nowMs: number): boolean {
  if (stored === undefined || !isLiveAndRenewable(stored, nowMs)) return false;
  if (!mayBeOnePerson(stored.subject, consent.subject)) return false;
  if (!consent.renewable) return true;
  if (stored.state === 'suspect' && stored.evidence !== undefined) return false;
  return stored.grantedScopes.some(
    (scope) => scope !== OFFLINE_ACCESS && !consent.grantedScopes.includes(scope),
  );
}

function isLiveAndRenewable(stored: Connection, nowMs: number): boolean {
  const expired = stored.refreshExpiresAtMs !== undefined && stored.refreshExpiresAtMs <= nowMs;
  return STATE_RULES[stored.state].live && stored.renewable && !expired && stored.degraded === undefined;
}

/** Both are known and are the same person. */
export function isSameSubject(one: Connection, other: Connection): boolean {
  return one.subject !== undefined && one.subject === other.subject;
}

/** Both are known and are two people. */
export function isOtherSubject(stored: Connection | undefined, consent: Connection): stored is Connection {
  return stored?.subject !== undefined && consent.subject !== undefined && stored.subject !== consent.subject;
}

/**
 * The consent as it replaces what is stored. Unpublished events and unfinished revocations move over. So does the record of an
 * import, because its file may be imported again. The mark of the consent's own code ends here. Another consent's mark moves over.
 */
export function takingThePlaceOf(
  stored: Connection | undefined,
  consent: Connection,
  events: readonly ConnectionEvent[],
  accessTokens: readonly SealedAccessMaterial[],
  codeDigest = '',
): Connection {
  const ended = isOtherSubject(stored, consent)
    ? revocationsOf(stored, accessTokens, consent.connectedAtMs)
    : [];
  const importedFrom = consent.importedFrom ?? stored?.importedFrom;
  const otherMark = stored && !isMarkOf(stored, codeDigest) ? stored.consentUnderWay : undefined;
  return {
    ...consent,
    ...defined({ importedFrom, consentUnderWay: otherMark }),
    outbox: keptOf([...(stored?.outbox ?? []), ...events]),
    revocations: [...ended, ...(stored?.revocations ?? [])],
  };
}

/**
 * What to revoke when another user takes over a connection. Nothing of the same user is revoked: it expires by itself, and IMS
 * may revoke per user.
 */
function revocationsOf(
  stored: Connection,
  accessTokens: readonly SealedAccessMaterial[],
  nowMs: number,
): readonly PendingRevocation[] {
  const { refresh, previous, alternate, subjectKey } = stored;
  const owner = subjectKey === undefined ? {} : { subjectKey };
  return [
    ...[refresh, previous, alternate, ...displacedTokens(stored, nowMs)]
      .filter((token) => token !== undefined)
      .map((token) => ({ kind: 'refresh', token, ...owner }) as const),
    ...accessTokens.map((token) => accessRevocation(token, stored)),
  ];
}

/** The connection without token material, as the redeem of a sign-in needs it. */
export function withoutTokens(connection: Connection): Connection {
  const { refresh: _r, previous: _p, alternate: _a, displaced: _d, ...rest } = connection;
  return { ...rest, outbox: [], revocations: [] };
}
