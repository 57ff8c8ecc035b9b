import { describe, expect, it } from 'vitest';
import { createAuthenticConsents } from '../../../functions/adapters/consent-mac/authentic-consents.ts';
import { type AuthenticKind, consentMac } from '../../../functions/adapters/consent-mac/consent-mac.ts';
import { deriveConnectionId } from '../../../functions/core/connection/connection-id.ts';
import type { ConsentSession, PendingConsent } from '../../../functions/core/consent/consent.ts';
import type { CookieKeys } from '../../../functions/core/consent/cookie-keys.ts';
import { handleDigest, returnUrlKey } from '../../../functions/core/consent/transaction.ts';
import { PlatformError } from '../../../functions/core/platform-error.ts';
import { Secret } from '../../../functions/core/secret.ts';
import { createCollectingTelemetry } from '../../support/fakes/collecting-telemetry.ts';
import { exampleAccessToken, exampleConnection } from '../../support/fakes/example-records.ts';
import { createFakeConsentStore } from '../../support/fakes/fake-consent-store.ts';
import { createManualClock } from '../../support/fakes/manual-clock.ts';
import { codeOf, connect, createBrowser, pageOutcome, signIn } from './browser.ts';
import {
  APP_STATE,
  CLIENT_ID,
  COOKIE_KEY,
  type ConsentWorld,
  createConsentWorld,
  RETURN_TO,
  SUBJECT,
} from './consent-world.ts';

const ID = 'acme.user-42';
const MINUTE_MS = 60_000;
const BODY = { returnTo: RETURN_TO, appState: APP_STATE };
const WITH_APP = new URLSearchParams({ return_to: RETURN_TO, app_state: APP_STATE }).toString();
const MADE_UP = Buffer.alloc(32, 7).toString('base64url');
const FAR_AHEAD = 'ZZZZZZZZZZZZZZZZZZZZZZZZZZ';

function redeem(world: ConsentWorld, connectionCode: string, id = ID) {
  return world.post('/connections/{connectionId}/consents/redeem', id, { connectionCode });
}

function redeemSignIn(world: ConsentWorld, connectionCode: string, appState: string = APP_STATE) {
  return world.post('/sign-ins/redeem', undefined, { connectionCode, appState });
}

/** The only pending consent in the table, as a reader of the table copies it. */
function onlyPending(world: ConsentWorld): PendingConsent {
  const [pending] = world.consents.pendingConsents.values();
  if (pending === undefined) throw new Error('Nothing is pending.');
  return structuredClone(pending);
}

/** Everything that an attacker can know about a victim who signed in before, with the attacker's own code and app state. */
function forgedSignIn(world: ConsentWorld, appState: string): PendingConsent {
  const connectionId = deriveConnectionId(CLIENT_ID, SUBJECT);
  const { refresh: _, ...connection } = exampleConnection({ connectionId, subject: SUBJECT });
  return {
    codeDigest: handleDigest(MADE_UP),
    kind: 'sign-in',
    connection,
    replace: false,
    keptPrevious: false,
    appStateDigest: handleDigest(appState),
    expiresAtMs: world.clock.nowMs() + MINUTE_MS,
  };
}

describe('A writer of the table Ephemeral without the key', () => {
  it('cannot sign in as another user: a sign-in that the vault did not write is ignored', async () => {
    const world = createConsentWorld();
    await signIn(world, WITH_APP);
    const ownState = 'state-of-the-attackers-own-session';
    await world.consents.keepPending(forgedSignIn(world, ownState));
    expect((await redeemSignIn(world, MADE_UP, ownState)).statusCode).toBe(400);
    expect(world.telemetry.total('ConsentRecordRefused')).toBe(1);
  });

  it.each<[string, (genuine: PendingConsent) => PendingConsent]>([
    ['no MAC', ({ mac: _, ...rest }) => rest],
    ['an empty MAC', (genuine) => ({ ...genuine, mac: '' })],
    ['half a MAC', (genuine) => ({ ...genuine, mac: genuine.mac?.slice(0, 20) ?? '' })],
    ['a MAC that goes on', (genuine) => ({ ...genuine, mac: `${genuine.mac}AAAA` })],
    ['another connection', (genuine) => ({ ...genuine, connection: exampleConnection() })],
    ['another id', (genuine) => changed(genuine, { connectionId: 'acme.another-user' })],
    ['another person', (genuine) => changed(genuine, { subject: 'FFFF@AdobeID' })],
    ['a later generation', (genuine) => changed(genuine, { generation: FAR_AHEAD })],
    ['a member that was not there', (genuine) => changed(genuine, { degraded: { code: 'x', sinceMs: 1 } })],
    ['a fraction', (genuine) => ({ ...genuine, ofALaterRelease: 0.5 })],
    ['replace', (genuine) => ({ ...genuine, replace: true })],
    ['other claims', (genuine) => ({ ...genuine, claims: { email: 'else@example.com' } })],
    ['another access token', (genuine) => ({ ...genuine, accessToken: exampleAccessToken() })],
    ['a longer life', (genuine) => ({ ...genuine, expiresAtMs: genuine.expiresAtMs + 1 })],
    ['the kind of a sign-in', (genuine) => ({ ...genuine, kind: 'sign-in' })],
  ])('cannot change a pending consent: %s makes its code void', async (_, change) => {
    const world = createConsentWorld();
    const code = codeOf(await connect(world, ID, BODY));
    await world.consents.keepPending(change(onlyPending(world)));
    const result = await redeem(world, code);
    expect(result.statusCode).toBe(400);
    expect(JSON.parse(result.body)).toMatchObject({ code: 'code_not_valid' });
    expect(world.memory.connections.get(ID)).toBeUndefined();
    expect(world.telemetry.total('ConsentRecordRefused')).toBe(1);
  });

  it('cannot give a pending consent another code', async () => {
    const world = createConsentWorld();
    await connect(world, ID, BODY);
    const genuine = onlyPending(world);
    for (const codeDigest of [handleDigest(MADE_UP), genuine.codeDigest]) {
      await world.consents.keepPending({ ...genuine, codeDigest: handleDigest(MADE_UP) });
      const moved = world.consents.pendingConsents.get(handleDigest(MADE_UP));
      if (moved) Object.assign(moved, { codeDigest });
      expect((await redeem(world, MADE_UP)).statusCode).toBe(400);
    }
  });

  it('cannot open a consent session for an id that no backend asked for', async () => {
    const world = createConsentWorld();
    await world.consents.openSession({
      sessionDigest: handleDigest(MADE_UP),
      connectionId: ID,
      returnUrlKey: returnUrlKey(RETURN_TO),
      replace: true,
      expiresAtMs: world.clock.nowMs() + 20 * MINUTE_MS,
    });
    const result = await createBrowser(world).authorize(`session=${MADE_UP}`);
    expect(pageOutcome(result)).toBe('transaction_expired');
    expect(world.telemetry.total('ConsentRecordRefused')).toBe(1);
  });

  it('cannot move a consent session to another id while its user is at Adobe', async () => {
    const world = createConsentWorld();
    const result = await connectWith(world, (session) => ({
      ...session,
      connectionId: 'acme.another-user',
    }));
    expect(pageOutcome(result)).toBe('transaction_expired');
    expect(world.consents.pendingConsents.size).toBe(0);
  });

  it('cannot bring back a consent that its user has ended: a restored copy is as old as before', async () => {
    const world = createConsentWorld();
    const code = codeOf(await connect(world, ID, BODY));
    const copy = onlyPending(world);
    await redeem(world, code);
    const stored = world.memory.connections.get(ID) ?? exampleConnection();
    const later = exampleConnection({ connectionId: ID, generation: `${stored.generation}0` });
    world.memory.connections.set(ID, { ...later, state: 'disconnected', renewable: false });
    await world.consents.keepPending(copy);
    expect((await redeem(world, code)).statusCode).toBe(409);
    world.clock.advance(2 * MINUTE_MS);
    expect((await redeem(world, code)).statusCode).toBe(400);
    expect(world.memory.connections.get(ID)?.state).toBe('disconnected');
  });

  it('cannot keep a code alive for longer than a late redeem would', async () => {
    const world = createConsentWorld();
    const code = codeOf(await connect(world, ID, BODY));
    const pending = onlyPending(world);
    await world.consents.keepPending({ ...pending, redeemedAtMs: pending.expiresAtMs + 60 * MINUTE_MS });
    world.clock.advance(2 * MINUTE_MS);
    expect((await redeem(world, code)).statusCode).toBe(400);
  });
});

describe('A consent of a generation far ahead', () => {
  it('is refused even with the right MAC, because nothing could end it', async () => {
    const world = createConsentWorld();
    const code = codeOf(await connect(world, ID, BODY));
    const { mac: _, ...pending } = changed(onlyPending(world), { generation: FAR_AHEAD });
    const mac = consentMac(world.cookieKeys.current, 'pending-consent', pending.codeDigest, { ...pending });
    await world.consents.keepPending({ ...pending, mac });
    expect((await redeem(world, code)).statusCode).toBe(400);
    expect(world.memory.connections.get(ID)).toBeUndefined();
  });

  it('that is stored does not keep a new consent out', async () => {
    const world = createConsentWorld();
    world.memory.connections.set(ID, exampleConnection({ connectionId: ID, generation: FAR_AHEAD }));
    expect((await redeem(world, codeOf(await connect(world, ID, BODY)))).statusCode).toBe(200);
    expect(world.memory.connections.get(ID)?.generation).toMatch(/^0/);
  });
});

describe('Records that the vault wrote', () => {
  it('are valid under the previous key, and under a newer key that this process has not read yet', async () => {
    const { asKnown, read } = recordedUnder('old-key-of-43-random-characters-in-base64url');
    expect(await read(asKnown({ current: 'new', previous: 'old' }))).toBeDefined();
    expect(await read(asKnown({ current: 'older' }, { current: 'new', previous: 'old' }))).toBeDefined();
    expect(await read(asKnown({ current: 'new' }, { current: 'newer', previous: 'new' }))).toBeUndefined();
  });

  it('are unknown, not an error, while a newer key cannot be read', async () => {
    const { keysNamed, read } = recordedUnder('old-key-of-43-random-characters-in-base64url');
    const keys = {
      read: async (options?: { fresh?: boolean }) => {
        if (options?.fresh) throw new PlatformError('SECRET_UNAVAILABLE', 'no answer');
        return keysNamed({ current: 'new' });
      },
    };
    expect(await read(keys)).toBeUndefined();
  });

  it.each<AuthenticKind>(['consent-session', 'pending-consent'])(
    'of one kind are none of the other: %s',
    async (kind) => {
      const { asKnown, read, forge } = recordedUnder('old-key-of-43-random-characters-in-base64url');
      const session = await forge(kind);
      const authentic = await read(asKnown({ current: 'old' }), session);
      expect(authentic !== undefined).toBe(kind === 'consent-session');
    },
  );

  it('are valid with any text in a claim', async () => {
    const world = createConsentWorld();
    const claims = { name: 'half a pair \ud83d', given_name: '𝒩ame', __proto__x: 'x', 'a.b': 'c' };
    const code = codeOf(await connect(world, ID, BODY, { idTokenClaims: claims }));
    const pending = onlyPending(world);
    // As the table returns it.
    const stored = { ...pending.claims, name: 'half a pair \ufffd' };
    await world.consents.keepPending({ ...pending, claims: stored });
    expect((await redeem(world, code)).statusCode).toBe(200);
  });

  it('that cannot be read are ignored, and are counted like forged ones', async () => {
    const telemetry = createCollectingTelemetry();
    const table = createFakeConsentStore({ clock: createManualClock() });
    const store = {
      ...table,
      readSession: () => Promise.reject(new PlatformError('ITEM_MALFORMED', 'unreadable')),
    };
    const keys = { read: async () => ({ current: new Secret(COOKIE_KEY) }) };
    const consents = createAuthenticConsents({ store, keys, telemetry });
    expect(await consents.readSession('digest', 0)).toBeUndefined();
    expect(telemetry.total('ConsentRecordRefused')).toBe(1);
  });
});

function changed(pending: PendingConsent, changes: Partial<PendingConsent['connection']>): PendingConsent {
  return { ...pending, connection: { ...pending.connection, ...changes } };
}

/** A consent session whose record is changed while its browser is at Adobe. */
async function connectWith(world: ConsentWorld, change: (session: ConsentSession) => ConsentSession) {
  const browser = createBrowser(world);
  const callback = browser.callback;
  return connect(
    world,
    ID,
    BODY,
    {},
    {
      ...browser,
      async callback(query) {
        for (const session of [...world.consents.sessions.values()]) {
          await world.consents.openSession(change(session));
        }
        return callback(query);
      },
    },
  );
}

type Named = { readonly current: string; readonly previous?: string };

/** A session that was recorded under the key `old`, read by processes that know other keys. */
function recordedUnder(old: string) {
  const clock = createManualClock();
  const table = createFakeConsentStore({ clock });
  const telemetry = createCollectingTelemetry();
  const secretOf = (name: string) => new Secret(name === 'old' ? old : `${name}-${old}`);
  const keysNamed = ({ current, previous }: Named): CookieKeys => ({
    current: secretOf(current),
    ...(previous !== undefined && { previous: secretOf(previous) }),
  });
  const session: ConsentSession = {
    sessionDigest: 'digest',
    connectionId: ID,
    returnUrlKey: 'key',
    replace: false,
    expiresAtMs: clock.nowMs() + MINUTE_MS,
  };
  const forge = async (kind: AuthenticKind): Promise<ConsentSession> => ({
    ...session,
    mac: consentMac(secretOf('old'), kind, 'digest', { ...session }),
  });
  /** Remembers the first. A fresh read returns the second. */
  const asKnown = (known: Named, fresh = known) => {
    const remembered = keysNamed(known);
    return {
      read: async (options?: { fresh?: boolean }) => (options?.fresh ? keysNamed(fresh) : remembered),
    };
  };
  const read = async (keys: ReturnType<typeof asKnown>, record?: ConsentSession) => {
    await table.openSession(record ?? (await forge('consent-session')));
    return createAuthenticConsents({ store: table, keys, telemetry }).readSession('digest', clock.nowMs());
  };
  return { asKnown, keysNamed, read, forge };
}
