import { type Connection, type ConnectionEvent, keptOf } from '../connection/connection.ts';
import { mayBeOnePerson, type Profile, subjectKeyOf } from '../connection/connection-id.ts';
import { STATE_RULES } from '../connection/connection-states.ts';
import { type RefreshLife, rotationDueAtMs } from '../connection/lifetime.ts';
import { ownerOf, type PendingRevocation, type SealedAccessMaterial } from '../connection/sealed-token.ts';
import { displacedTokens } from '../rotation/successor.ts';
import { isMarkOf } from './consent-under-way.ts';

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

/** The connection a consent brings, as far as it depends on nothing that is stored already. */
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

/** Asked for so that Adobe sends a refresh token. Whether there is one is known; not every list of granted scopes names it. */
const OFFLINE_ACCESS = 'offline_access';

/**
 * A consent without a refresh token, or with fewer scopes, does not take the place of a live renewable connection:
 * the app would lose what the user had granted. A degraded one is replaced by anything, since a new consent is its cure; one that
 * Adobe has refused, so far, by fewer scopes, but not by what cannot be renewed. Another person's is never kept: the app would
 * take it for the grant of whoever has just consented.
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

/** Both are known, and they are one person. */
export function isSameSubject(one: Connection, other: Connection): boolean {
  return one.subject !== undefined && one.subject === other.subject;
}

/** Both are known, and they are two people. */
export function isOtherSubject(stored: Connection | undefined, consent: Connection): stored is Connection {
  return stored?.subject !== undefined && consent.subject !== undefined && stored.subject !== consent.subject;
}

/**
 * The consent as it takes the place of what is stored: unpublished events and unfinished revocations move over, and so does
 * the memory of an import, whose file may come again. The mark of the consent's own code ends here, that of another moves over.
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
    ...(importedFrom !== undefined && { importedFrom }),
    ...(otherMark && { consentUnderWay: otherMark }),
    outbox: keptOf([...(stored?.outbox ?? []), ...events]),
    revocations: [...ended, ...(stored?.revocations ?? [])],
  };
}

/**
 * What Adobe must be told to revoke of a connection that another user takes over. Of the same user nothing is revoked:
 * it expires by itself, and IMS may revoke per user.
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
    ...accessTokens.map(
      (token) => ({ kind: 'access', token, ...ownerOf(token.generation, stored) }) as const,
    ),
  ];
}

/** The connection without token material: what a sign-in's redeem needs of it. */
export function withoutTokens(connection: Connection): Connection {
  const { refresh: _r, previous: _p, alternate: _a, displaced: _d, ...rest } = connection;
  return { ...rest, outbox: [], revocations: [] };
}
