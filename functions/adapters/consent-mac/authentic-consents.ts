import { PlatformError } from '../../core/platform-error.ts';
import type { ConsentStore, CookieKeySource, CookieKeys } from '../../core/ports/consents.ts';
import type { Telemetry } from '../../core/ports/events.ts';
import type { Secret } from '../../core/secret.ts';
import { type AuthenticKind, consentMac, isConsentMac } from './consent-mac.ts';

export interface AuthenticConsentsDeps {
  /** The table, where somebody else may write too. */
  readonly store: ConsentStore;
  readonly keys: CookieKeySource;
  readonly telemetry: Telemetry;
}

type Authentic = { readonly mac?: string };

/**
 * The store whose sessions and pending consents are the vault's own: each is written with a MAC under its key in the table,
 * and one whose MAC does not hold is absent. Consumed states carry none: they can only end a transaction.
 */
export function createAuthenticConsents(deps: AuthenticConsentsDeps): ConsentStore {
  const { store, keys } = deps;
  const authenticated = async <Kept extends Authentic>(kind: AuthenticKind, digest: string, record: Kept) => {
    const { current } = await keys.read();
    return { ...record, mac: consentMac(current, kind, digest, { ...record }) };
  };
  return {
    ...store,
    async openSession(session) {
      await store.openSession(await authenticated('consent-session', session.sessionDigest, session));
    },
    readSession: (digest, nowMs) =>
      readAuthentic(deps, 'consent-session', digest, () => store.readSession(digest, nowMs)),
    async keepPending(pending) {
      await store.keepPending(await authenticated('pending-consent', pending.codeDigest, pending));
    },
    pending: {
      ...store.pending,
      read: (digest, nowMs) =>
        readAuthentic(deps, 'pending-consent', digest, () => store.pending.read(digest, nowMs)),
    },
  };
}

/** A refused record is an incident: only the vault has reason to write one. */
async function readAuthentic<Kept extends Authentic>(
  { keys, telemetry }: AuthenticConsentsDeps,
  kind: AuthenticKind,
  digest: string,
  read: () => Promise<Kept | undefined>,
): Promise<Omit<Kept, 'mac'> | undefined> {
  const stored = await readable(read);
  if (stored === undefined) return undefined;
  if (stored !== 'unreadable') {
    const { mac, ...record } = stored;
    const holds = (secret: Secret) => isConsentMac(mac, secret, kind, digest, record);
    if (await holdsUnderAnyKey(keys, holds)) return record;
  }
  telemetry.error('A record of the table Ephemeral was not made by this vault and is ignored.', undefined, {
    kind,
    reason: stored === 'unreadable' ? 'unreadable' : 'not authentic',
  });
  telemetry.measure('ConsentRecordRefused', 1, 'Count');
  return undefined;
}

async function readable<Kept>(read: () => Promise<Kept>): Promise<Kept | 'unreadable'> {
  try {
    return await read();
  } catch (error) {
    if (error instanceof PlatformError && error.code === 'ITEM_MALFORMED') return 'unreadable';
    throw error;
  }
}

async function holdsUnderAnyKey(keys: CookieKeySource, holds: (secret: Secret) => boolean): Promise<boolean> {
  const anyOf = ({ current, previous }: CookieKeys) =>
    holds(current) || (previous !== undefined && holds(previous));
  const known = await keys.read();
  if (anyOf(known)) return true;
  // Made by a process that has read a newer key than this one remembers.
  const newer = await keys.read({ fresh: true }).catch(() => known);
  return newer !== known && anyOf(newer);
}
