import { always, drop, never, replace } from '../changes.ts';
import type { Mutant } from '../mutant.ts';
import { RACES, testFile } from './proofs.ts';

const attacks = testFile('test/unit/consent/callback-attacks.test.ts');
const sessions = testFile('test/unit/consent/consent-sessions.test.ts');
const signIn = testFile('test/unit/consent/sign-in.test.ts');
const authorize = testFile('test/unit/consent/authorize.test.ts');
const foreignRecords = testFile('test/unit/consent/foreign-records.test.ts');
const disconnects = testFile('test/unit/connection/disconnect.test.ts');
const erasures = testFile('test/unit/connection/erase-subject.test.ts');
const waits = testFile('test/unit/consent/revocation-waits.test.ts');

/** The browser's part, and how a consent replaces what is stored. */
export const CONSENT_MUTANTS: readonly Mutant[] = [
  {
    safeguard: 'callback: its parameters are believed before cookie and state agree',
    changes: [
      replace(
        'recognize',
        'const transaction =',
        "if (parameters.has('error')) return completed('declined'); const transaction =",
      ),
    ],
    noticedBy: [attacks('for an error whose state is unknown, which is not believed')],
  },
  {
    safeguard: 'callback: a state works more than once',
    changes: [always('consumeState', "latest.kind === 'consumed') return")],
    noticedBy: [attacks('a second code with a used state is not exchanged')],
  },
  {
    safeguard: 'callback: a consent session works in more than one browser',
    changes: [never('completeConsumed', '!(await consumeSession(')],
    noticedBy: [
      sessions('works once: a second browser with the same link sees "already used" and exchanges nothing'),
    ],
  },
  {
    safeguard: 'callback: a transaction never expires',
    changes: [never('prepareAndConsume', 'isExpired) return')],
    noticedBy: [attacks('a transaction that took more than ten minutes has expired')],
  },
  {
    safeguard: 'callback: a code that may have arrived is posted again',
    changes: [drop('exchangeCode', "answer.reason !== 'unreachable'")],
    noticedBy: [signIn('is not requested again when the first request may have arrived')],
  },
  {
    safeguard: 'generation condition on activation: a consent older than a disconnect comes back',
    inShortRun: true,
    changes: [never('activateOver', 'isOvertaken('), never('createFakeConnectionStore', '!mayGiveWay')],
    noticedBy: [sessions('after a disconnect that came later is refused'), RACES],
  },
  {
    safeguard: 'activation: it overwrites a rotation that committed in between',
    changes: [never('createFakeConnectionStore', '!isReplaced(')],
    noticedBy: [
      sessions(
        'by another Adobe user also has the token revoked of a rotation that commits at the same moment',
      ),
    ],
  },
  {
    safeguard: 'redeem: a code for another connection id is accepted',
    changes: [drop('redeem-code#isFor', 'redeemer.connectionId ===')],
    noticedBy: [
      sessions('answers alike to a code that is unknown, of another id, state or kind, or not a code'),
    ],
  },
  {
    safeguard: 'redeem: the code of a sign-in is accepted with any app state',
    changes: [drop('redeem-code#isFor', 'handleDigest(')],
    noticedBy: [
      sessions(
        'requires the app state of the browser session that began it: a code planted in another session is not valid',
      ),
    ],
  },
  {
    safeguard: 'consent: a connection that Adobe refuses is not replaced by one with fewer scopes',
    changes: [never('keepsPrevious', "'suspect'")],
    noticedBy: [
      sessions(
        'with fewer scopes replaces a connection that Adobe has refused, but not one that is suspect for another reason',
      ),
    ],
  },
  {
    safeguard: 'consent: one with fewer scopes replaces a live connection',
    changes: [never('activateOver', 'keepsPrevious(')],
    noticedBy: [sessions('kept')],
  },
  {
    safeguard: 'consent: tokens of the previous user are not revoked',
    changes: [never('takingThePlaceOf', 'isOtherSubject(')],
    noticedBy: [sessions('by another Adobe user has the tokens of the previous user revoked')],
  },
  {
    safeguard: 'tombstones: narrower tokens of the earlier consent stay in the cache',
    changes: [drop('publishConsent', 'invalidateOthers()')],
    noticedBy: [signIn('covers narrower access tokens of the earlier consent with tombstones')],
  },
  {
    safeguard: 'consent records: the MAC is not compared',
    inShortRun: true,
    changes: [always('readAuthentic', 'isConsentMac(')],
    noticedBy: [foreignRecords('cannot sign in as another user')],
  },
  {
    safeguard: 'consent records: one key serves every kind',
    changes: [replace('consent-mac#keyOf', 'info, KEY_BYTES', "'v1', KEY_BYTES")],
    noticedBy: [foreignRecords('of one kind are none of the other: pending-consent')],
  },
  {
    safeguard: 'consent records: the MAC does not cover the key in the table',
    changes: [drop('macBytes', 'key, record: canonicalRecord')],
    noticedBy: [foreignRecords('cannot give a pending consent another code')],
  },
  {
    safeguard: 'consent records: a process never reads a newer key',
    changes: [replace('tryCookieKeys', 'tryBoth(newer, use)', 'tryBoth(known, use)')],
    noticedBy: [
      foreignRecords(
        'are valid under the previous key, and under a newer key that this process has not read yet',
      ),
    ],
  },
  {
    safeguard: 'consent records: any moment of a redeem is believed',
    changes: [drop('pendingEndsAtMs', 'redeemedAtMs > expiresAtMs')],
    noticedBy: [foreignRecords('cannot keep a code alive for longer than a late redeem would')],
  },
  {
    safeguard: 'generation: a pending consent may be far ahead',
    changes: [never('redeemConsent', 'isFarAhead(')],
    noticedBy: [foreignRecords('is refused even with the right MAC, because nothing could end it')],
  },
  {
    safeguard: 'generation: a stored one that is far ahead keeps consents out',
    changes: [drop('isOvertaken', '!isFarAhead(')],
    noticedBy: [foreignRecords('that is stored does not keep a new consent out')],
  },
  {
    safeguard: 'generation: a disconnect continues from one that is far ahead',
    changes: [drop('mintGenerationAfter', 'isFarAhead(')],
    noticedBy: [
      disconnects(
        'a disconnect wins over a generation far ahead of a connection that is active, and leaves none behind',
      ),
    ],
  },
  {
    safeguard: 'consent under way: nothing is marked before the exchange',
    inShortRun: true,
    changes: [never('completeConsumed', 'storage) isMarked = await')],
    noticedBy: [waits('is marked before its code is exchanged')],
  },
  {
    safeguard: 'consent under way: the user’s other connections are not marked',
    changes: [replace('markConnectionsOf', '!own.isMarked || id !== own.connectionId', 'false')],
    noticedBy: [
      waits(
        'by another of their connections waits for a consent under an id that nothing was connected under',
      ),
    ],
  },
  {
    safeguard: 'consent under way: a mark that failed once is not written again',
    changes: [replace('bestEffort', 'persist(clock, limit, run)', 'run()')],
    noticedBy: [waits('is marked although the mark of another connection of the user fails once')],
  },
  {
    safeguard: 'consent under way: a connection that was not marked before the exchange counts as marked',
    changes: [replace('markConnection', 'return false', 'return true')],
    noticedBy: [waits('is marked after the exchange when its id came into use while the callback prepared')],
  },
  {
    safeguard: 'consent under way: it does not wait for a revocation that has started',
    changes: [never('markConnection', 'hasPendingRevocations(')],
    noticedBy: [waits('waits for the answer to a revocation under way before it exchanges its code')],
  },
  {
    safeguard: 'consent under way: a revocation does not look for it before it posts',
    changes: [replace('revokeAtIms', "mayEnd !== 'none'", "mayEnd === 'living'")],
    noticedBy: [waits('that starts after a revocation took its lease is seen before the post')],
  },
  {
    safeguard: 'consent under way: a mark is believed whatever its moment',
    changes: [drop('consentEndsAtMs', 'untilMs <=')],
    noticedBy: [waits('does not wait for a mark that no consent can have made')],
  },
  {
    safeguard: 'consent under way: the due time is not at the end of the wait',
    changes: [drop('revocationAtMs', 'consentEndsAtMs(')],
    noticedBy: [
      waits(
        'is posted within twelve minutes of a consent that is never redeemed, and the due time says when',
      ),
    ],
  },
  {
    safeguard: 'consent under way: a disconnect drops its mark',
    changes: [drop('disconnectingConnection', '...(consentUnderWay')],
    noticedBy: [waits('waits for a consent of its user under another id that came before the disconnect')],
  },
  {
    safeguard: 'consent under way: a new generation overwrites a mark it has not read',
    changes: [drop('isReplaced', 'hasTheSameMark;')],
    noticedBy: [waits('is seen by a disconnect that writes at the same moment')],
  },
  {
    safeguard: 'consent under way: the redeem of one consent ends the mark of another',
    changes: [always('marking'), never('takingThePlaceOf', '!isMarkOf(')],
    noticedBy: [waits('waits for the later of two consents, whichever is redeemed first')],
  },
  {
    safeguard: 'kept previous: also where it belongs to another person',
    inShortRun: true,
    changes: [never('keepsPrevious', '!mayBeOnePerson(')],
    noticedBy: [sessions('replaces another user’s connection, however good that grant is')],
  },
  {
    safeguard: 'kept previous: the claims of the consent are returned with any kept connection',
    changes: [drop('redeemed', 'isSameSubject(')],
    noticedBy: [
      sessions('that is worse keeps a connection that may be the same user’s, and returns no claims with it'),
    ],
  },
  {
    safeguard: 'identity: a consent without one is kept',
    changes: [never('completeConsumed', 'subject === undefined')],
    noticedBy: [sessions('is never one without an identity')],
  },
  {
    safeguard: 'identity: openid is requested only where a session says so',
    changes: [replace('createStartTransaction', 'withIdentity(aim.scopes)', 'aim.scopes')],
    noticedBy: [authorize('requests openid in addition to all other scopes, and always sends a nonce')],
  },
  {
    safeguard: 'erasure: connections of unknown owners are not reported',
    changes: [replace('createEraseSubject', 'await deps.subjects.countUnknownOwners()', '0')],
    noticedBy: [erasures('it returns the number of connections whose owner is unknown')],
  },
];
