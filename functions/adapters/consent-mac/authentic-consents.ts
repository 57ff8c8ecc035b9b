import { tryCookieKeys } from '../../core/consent/cookie-keys.ts';
import { PlatformError } from '../../core/platform-error.ts';
import type { ConsentStore, CookieKeySource } from '../../core/ports/consents.ts';
import type { Telemetry } from '../../core/ports/events.ts';
import { type AuthenticKind, consentMac, isConsentMac } from './consent-mac.ts';

export interface AuthenticConsentsDeps {
  /** The table. Another writer may have access to it. */
  readonly store: ConsentStore;
  readonly keys: CookieKeySource;
  readonly telemetry: Telemetry;
}

type Authentic = { readonly mac?: string };

/**
 * A store that returns only sessions and pending consents that the vault wrote. Each is written with a MAC that covers its key
 * in the table. A record whose MAC does not match counts as absent. Consumed states carry no MAC, because all they can do is
 * end a transaction.
 */
export function createAuthenticConsents(deps: AuthenticConsentsDeps): ConsentStore {
  const { store, keys } = deps;
  const authenticated = async <Stored extends Authentic>(
    kind: AuthenticKind,
    digest: string,
    record: Stored,
  ) => {
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

/** A refused record is an incident: only the vault has a reason to write one. */
async function readAuthentic<Stored extends Authentic>(
  { keys, telemetry }: AuthenticConsentsDeps,
  kind: AuthenticKind,
  digest: string,
  read: () => Promise<Stored | undefined>,
): Promise<Omit<Stored, 'mac'> | undefined> {
  const stored = await readable(read);
  if (stored === undefined) return undefined;
  if (stored !== 'unreadable') {
    const { mac, ...record } = stored;
    const authentic = await tryCookieKeys(keys, async (key) =>
      isConsentMac(mac, key, kind, digest, record) ? record : undefined,
    );
    if (authentic !== undefined) return authentic;
  }
  telemetry.error('A record of the table Ephemeral was not made by this vault and is ignored.', undefined, {
    kind,
    reason: stored === 'unreadable' ? 'unreadable' : 'not authentic',
  });
  telemetry.measure('ConsentRecordRefused', 1, 'Count');
  return undefined;
}

async function readable<Stored>(read: () => Promise<Stored>): Promise<Stored | 'unreadable'> {
  try {
    return await read();
  } catch (error) {
    if (error instanceof PlatformError && error.code === 'ITEM_MALFORMED') return 'unreadable';
    throw error;
  }
}
