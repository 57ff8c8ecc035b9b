import { drop, never, replace } from '../changes.ts';
import type { Mutant } from '../mutant.ts';
import { RACES, testFile } from './proofs.ts';

const attacks = testFile('test/unit/consent/callback-attacks.test.ts');
const sessions = testFile('test/unit/consent/consent-sessions.test.ts');
const signIn = testFile('test/unit/consent/sign-in.test.ts');
const foreignRecords = testFile('test/unit/consent/foreign-records.test.ts');
const disconnects = testFile('test/unit/connection/disconnect.test.ts');
const waits = testFile('test/unit/consent/revocation-waits.test.ts');

/** The browser leg, and how a consent takes its place. */
export const CONSENT_MUTANTS: readonly Mutant[] = [
  {
    safeguard: 'callback: what it says is believed before cookie and state agree',
    changes: [
      replace(
        'recognise',
        'const attempt',
        "if (parameters.has('error')) return { outcome: 'declined' };\n  const attempt",
      ),
    ],
    noticedBy: [attacks('for an error whose state is unknown, which is not believed')],
  },
  {
    safeguard: 'callback: a state works more than once',
    changes: [replace('consumeAndConclude', "already')", "already' && ready === undefined)")],
    noticedBy: [attacks('a second code with a used state is not exchanged')],
  },
  {
    safeguard: 'callback: a consent session works in more than one browser',
    changes: [never('complete-once#conclude', "'already'")],
    noticedBy: [sessions('works once: a second browser with the same link is told so and exchanges nothing')],
  },
  {
    safeguard: 'callback: a transaction never ends',
    changes: [never('completeOnce', '.clock')],
    noticedBy: [attacks('a transaction that took more than ten minutes has ended')],
  },
  {
    safeguard: 'callback: a code that may have arrived is posted again',
    changes: [drop('postOnceArrived', '.reason')],
    noticedBy: [signIn('is not asked again when the first request may have arrived')],
  },
  {
    safeguard: 'generation condition on begin: a consent older than a disconnect comes back',
    inShortRun: true,
    changes: [
      replace('activateOnce', '!== undefined && isOvertaken(consent, stored, nowMs)', '=== consent'),
      never('createFakeConnectionStore', '!mayGiveWay'),
    ],
    noticedBy: [sessions('after a disconnect that came later is refused'), RACES],
  },
  {
    safeguard: 'begin: it writes over a rotation that committed in between',
    changes: [never('createFakeConnectionStore', '!isReplaced')],
    noticedBy: [
      sessions(
        'by another Adobe user also has the token of a rotation revoked that commits at the same moment',
      ),
    ],
  },
  {
    safeguard: 'redeem: a code of another id is taken',
    changes: [
      replace(
        'redeem-code#isFor',
        'redeemer.connectionId === connection.connectionId',
        "connection.connectionId !== ''",
      ),
    ],
    noticedBy: [
      sessions('answers alike to a code that is unknown, of another id, state or kind, or no code at all'),
    ],
  },
  {
    safeguard: 'redeem: the code of a sign-in is taken with any app state',
    changes: [
      replace(
        'redeem-code#isFor',
        'handleDigest(redeemer.appState) === appStateDigest',
        'appStateDigest !== undefined',
      ),
    ],
    noticedBy: [
      sessions('takes the app state of the session that began it: a code planted in another session is none'),
    ],
  },
  {
    safeguard: 'consent: one that Adobe refuses keeps its place',
    changes: [never('keepsPrevious', '.state')],
    noticedBy: [
      sessions(
        'with fewer scopes takes the place of a connection that Adobe has refused, and of no other doubtful one',
      ),
    ],
  },
  {
    safeguard: 'consent: one with fewer scopes takes the place of a live one',
    changes: [
      replace(
        'activateOnce',
        '!== undefined && !replace && keepsPrevious(stored, consent, nowMs)',
        '=== consent',
      ),
    ],
    noticedBy: [sessions('kept')],
  },
  {
    safeguard: 'consent: tokens of the user before are not revoked',
    changes: [
      replace('takingThePlaceOf', 'revocationsOf(stored, accessTokens, consent.connectedAtMs)', '[]'),
    ],
    noticedBy: [sessions('by another Adobe user has the tokens of the one before revoked')],
  },
  {
    safeguard: 'tombstones: narrower tokens of the earlier consent stay in the cache',
    changes: [replace('publishConsent', 'invalidateOlder)', '() => invalidateOlder)')],
    noticedBy: [signIn('covers narrower access tokens of the earlier consent with tombstones')],
  },
  {
    safeguard: 'consent records: the MAC is not compared',
    inShortRun: true,
    changes: [
      replace(
        'readAuthentic',
        'await holdsUnderAnyKey(keys, holds)',
        'holds !== undefined && keys !== undefined',
      ),
    ],
    noticedBy: [foreignRecords('is nobody else at the app')],
  },
  {
    safeguard: 'consent records: one key for every kind',
    changes: [replace('consent-mac#keyOf', 'info,', "info && 'v1',")],
    noticedBy: [foreignRecords('of one kind are none of the other: pending-consent')],
  },
  {
    safeguard: 'consent records: the MAC does not cover the key in the table',
    changes: [replace('macBytes', 'key,', "key: key && '',")],
    noticedBy: [foreignRecords('cannot give a pending consent a code of their own')],
  },
  {
    safeguard: 'consent records: a process never reads a newer key',
    changes: [replace('holdsUnderAnyKey', 'newer)', 'known)')],
    noticedBy: [
      foreignRecords(
        'hold under the key before the present one, and under one that this process has yet to read',
      ),
    ],
  },
  {
    safeguard: 'consent records: a redeem may be claimed for any moment',
    changes: [
      replace('pendingEndsAtMs', 'redeemedAtMs > expiresAtMs + LATEST_REDEEM_MS', 'LATEST_REDEEM_MS < 0'),
    ],
    noticedBy: [foreignRecords('does not keep a code alive for longer than a late redeem would')],
  },
  {
    safeguard: 'generation: a pending consent may be far ahead',
    changes: [replace('redeemConsent', 'pending.connection.generation', "''")],
    noticedBy: [foreignRecords('is refused even with the right MAC, for nothing could end it')],
  },
  {
    safeguard: 'generation: what is stored far ahead keeps consents out',
    changes: [replace('isOvertaken', 'isFarAhead(stored.generation', 'isFarAhead(consent.generation')],
    noticedBy: [foreignRecords('that is stored all the same keeps no new consent out')],
  },
  {
    safeguard: 'generation: a disconnect follows one that is far ahead',
    changes: [replace('mintGenerationAfter', 'previous || isFarAhead(previous, nowMs)', 'previous')],
    noticedBy: [
      disconnects(
        'a disconnect wins over a generation far ahead of a connection that is active, and leaves none behind',
      ),
    ],
  },
  {
    safeguard: 'consent under way: nothing is marked before the exchange',
    inShortRun: true,
    changes: [
      replace(
        'completeExchange',
        'prepared.place) await markPlace(deps, prepared.place',
        'prepared === undefined) await markPlace(deps, prepared',
      ),
    ],
    noticedBy: [waits('is marked before its code is exchanged')],
  },
  {
    safeguard: 'consent under way: what else its user has connected is not marked',
    changes: [replace('markConnectionsOf', '!own.isMarked || id !', 'own.isMarked && id =')],
    noticedBy: [
      waits(
        'by another of their connections waits for a consent under an id that nothing was connected under',
      ),
    ],
  },
  {
    safeguard: 'consent under way: a revocation on its way is not let finish',
    changes: [replace('markPlace', 'owesRevocations', '!owesRevocations')],
    noticedBy: [waits('lets a revocation that is under way be answered before it exchanges its code')],
  },
  {
    safeguard: 'consent under way: a revocation does not look for it before it posts',
    changes: [
      replace(
        'revokeAtIms',
        "!== 'none') return mayEnd === 'living' ? 'shared' : 'retry",
        "=== 'living') return 'shared",
      ),
    ],
    noticedBy: [waits('that comes after the lease of a revocation was taken is seen before the post')],
  },
  {
    safeguard: 'consent under way: a mark is believed whatever its moment',
    changes: [drop('consentEndsAtMs', '<= nowMs')],
    noticedBy: [waits('does not wait for a mark that no consent can have made')],
  },
  {
    safeguard: 'consent under way: the due time is not at the end of the wait',
    changes: [replace('revocationAtMs', 'consentEndsAtMs(connection,', 'consentEndsAtMs({},')],
    noticedBy: [
      waits(
        'is revoked within twelve minutes of a consent that is never redeemed, and the due time says when',
      ),
    ],
  },
  {
    safeguard: 'consent under way: a disconnect drops its mark',
    changes: [replace('disconnectingConnection', '{ consentUnderWay }', '{}')],
    noticedBy: [
      waits(
        'waits for a consent whose user another connection learns of only by the disconnect that follows',
      ),
    ],
  },
  {
    safeguard: 'consent under way: a new generation writes over a mark it has not read',
    changes: [replace('isReplaced', 'keepsTheSame && isMarkedTheSame', 'keepsTheSame')],
    noticedBy: [waits('is not overlooked by a disconnect that began to write at the same moment')],
  },
  {
    safeguard: 'consent under way: the redeem of one consent ends the mark of another',
    changes: [
      replace('marking', '?', '|| nowMs > 0 ?'),
      replace(
        'takingThePlaceOf',
        'stored && !isMarkOf(stored, codeDigest) ? stored',
        'isMarkOf({}, codeDigest) ? stored?',
      ),
    ],
    noticedBy: [waits('waits for the later of two consents, whichever is redeemed first')],
  },
  {
    safeguard: 'kept previous: of another person too',
    inShortRun: true,
    changes: [never('keepsPrevious', '!mayBeOnePerson')],
    noticedBy: [sessions('takes the place of another person’s, whose grant is no answer for this one')],
  },
  {
    safeguard: 'kept previous: claims of the consent beside whatever is kept',
    changes: [replace('redeemed', 'connection)', 'pending.connection)')],
    noticedBy: [
      sessions('that is worse leaves what may be the same person’s, and tells no claims beside it'),
    ],
  },
  {
    safeguard: 'identity: a consent without one is kept',
    changes: [replace('completeExchange', 'undefined)', "undefined && attempt.nonce === '')")],
    noticedBy: [sessions('is never one without an identity')],
  },
  {
    safeguard: 'identity: openid is asked for only where a session says so',
    changes: [replace('createStartTransaction', 'scopes = withIdentity(aim.scopes)', '{ scopes } = aim')],
    noticedBy: [
      testFile('test/unit/consent/authorize.test.ts')(
        'asks for openid beside whatever else is asked for, and always with a nonce',
      ),
    ],
  },
  {
    safeguard: 'erasure: connections of nobody known are passed over in silence',
    changes: [replace('createEraseSubject', 'await deps.subjects.countUnknownOwners()', '0')],
    noticedBy: [
      testFile('test/unit/connection/erase-subject.test.ts')(
        'it tells how many connections it could not look at',
      ),
    ],
  },
];
