import type { Mutant } from '../mutant.ts';
import { RACES, testFile } from './proofs.ts';

const attacks = testFile('test/unit/consent/callback-attacks.test.ts');
const sessions = testFile('test/unit/consent/consent-sessions.test.ts');
const signIn = testFile('test/unit/consent/sign-in.test.ts');
const foreignRecords = testFile('test/unit/consent/foreign-records.test.ts');
const disconnects = testFile('test/unit/connection/begin-disconnect.test.ts');
const waits = testFile('test/unit/consent/revocation-waits.test.ts');

/** The browser leg, and how a consent takes its place. */
export const CONSENT_MUTANTS: readonly Mutant[] = [
  {
    safeguard: 'callback: what it says is believed before cookie and state agree',
    edits: [
      {
        file: 'functions/core/consent/recognise.ts',
        find: '  const attempt = await attempts.find(state, cookies);',
        replace:
          "  if (parameters.has('error')) return { outcome: 'declined' };\n  const attempt = await attempts.find(state, cookies);",
      },
    ],
    proof: attacks,
    says: 'for an error whose state is unknown, which is not believed',
  },
  {
    safeguard: 'callback: a state works more than once',
    edits: [
      {
        file: 'functions/core/consent/complete-once.ts',
        find: "if (consumed.result === 'already') {",
        replace: "if (consumed.result === 'already' && ready === undefined) {",
      },
    ],
    proof: attacks,
    says: 'a second code with a used state is not exchanged',
  },
  {
    safeguard: 'callback: a consent session works in more than one browser',
    edits: [
      {
        file: 'functions/core/consent/complete-once.ts',
        find: "if (result === 'already') return 'already_used';",
        replace: '',
      },
    ],
    proof: sessions,
    says: 'works once: a second browser with the same link is told so and exchanges nothing',
  },
  {
    safeguard: 'callback: a transaction never ends',
    edits: [
      {
        file: 'functions/core/consent/complete-once.ts',
        find: "if (deps.clock.nowMs() >= startedAtMs + TRANSACTION_LIFE_MS) return { outcome: 'transaction_expired' };",
        replace: '',
      },
    ],
    proof: attacks,
    says: 'a transaction that took more than ten minutes has ended',
  },
  {
    safeguard: 'callback: a code that may have arrived is posted again',
    edits: [
      {
        file: 'functions/core/consent/exchange-code.ts',
        find: "if (answer.kind !== 'unknown' || answer.reason !== 'unreachable') return answer;",
        replace: "if (answer.kind !== 'unknown') return answer;",
      },
    ],
    proof: signIn,
    says: 'is not asked again when the first request may have arrived',
  },
  {
    safeguard: 'generation condition on begin: a consent older than a disconnect comes back',
    inShortRun: true,
    edits: [
      {
        file: 'functions/core/consent/activate-connection.ts',
        find: 'if (stored !== undefined && isOvertaken(consent, stored, nowMs)) {',
        replace: 'if (stored === consent) {',
      },
      {
        file: 'test/support/fakes/fake-connection-store.ts',
        find: "if (!mayGiveWay) return 'conflict';",
        replace: '',
      },
    ],
    proof: sessions,
    says: 'after a disconnect that came later is refused',
    also: [RACES],
  },
  {
    safeguard: 'begin: it writes over a rotation that committed in between',
    edits: [
      {
        file: 'test/support/fakes/fake-connection-store.ts',
        find: "if (replacing !== undefined && !isReplaced(stored, replacing)) return 'conflict';",
        replace: '',
      },
    ],
    proof: sessions,
    says: 'by another Adobe user also has the token of a rotation revoked that commits at the same moment',
  },
  {
    safeguard: 'redeem: a code of another id is taken',
    edits: [
      {
        file: 'functions/core/consent/redeem-code.ts',
        find: "return 'connectionId' in redeemer && redeemer.connectionId === connection.connectionId;",
        replace: "return 'connectionId' in redeemer && connection.connectionId !== '';",
      },
    ],
    proof: sessions,
    says: 'answers alike to a code that is unknown, of another id, state or kind, or no code at all',
  },
  {
    safeguard: 'redeem: the code of a sign-in is taken with any app state',
    edits: [
      {
        file: 'functions/core/consent/redeem-code.ts',
        find: "return 'appState' in redeemer && handleDigest(redeemer.appState) === appStateDigest;",
        replace: "return 'appState' in redeemer && appStateDigest !== undefined;",
      },
    ],
    proof: sessions,
    says: 'takes the app state of the session that began it: a code planted in another session is none',
  },
  {
    safeguard: 'consent: one that Adobe refuses keeps its place',
    edits: [
      {
        file: 'functions/core/consent/consent-connection.ts',
        find: "if (stored.state === 'suspect' && stored.evidence !== undefined) return false;",
        replace: '',
      },
    ],
    proof: sessions,
    says: 'with fewer scopes takes the place of a connection that Adobe has refused, and of no other doubtful one',
  },
  {
    safeguard: 'consent: one with fewer scopes takes the place of a live one',
    edits: [
      {
        file: 'functions/core/consent/activate-connection.ts',
        find: 'if (stored !== undefined && !replace && keepsPrevious(stored, consent, nowMs)) {',
        replace: 'if (stored === consent) {',
      },
    ],
    proof: sessions,
    says: 'kept',
  },
  {
    safeguard: 'consent: tokens of the user before are not revoked',
    edits: [
      {
        file: 'functions/core/consent/consent-connection.ts',
        find: '? revocationsOf(stored, accessTokens, consent.connectedAtMs)',
        replace: '? []',
      },
    ],
    proof: sessions,
    says: 'by another Adobe user has the tokens of the one before revoked',
  },
  {
    safeguard: 'tombstones: narrower tokens of the earlier consent stay in the cache',
    edits: [
      {
        file: 'functions/core/consent/publish-consent.ts',
        find: 'await Promise.all(others.map(invalidateOlder));',
        replace: 'await Promise.all(others.map(() => invalidateOlder));',
      },
    ],
    proof: signIn,
    says: 'covers narrower access tokens of the earlier consent with tombstones',
  },
  {
    safeguard: 'consent records: the MAC is not compared',
    inShortRun: true,
    edits: [
      {
        file: 'functions/adapters/consent-mac/authentic-consents.ts',
        find: 'if (await holdsUnderAnyKey(keys, holds)) return record;',
        replace: 'if (holds !== undefined && keys !== undefined) return record;',
      },
    ],
    proof: foreignRecords,
    says: 'is nobody else at the app',
  },
  {
    safeguard: 'consent records: one key for every kind',
    edits: [
      {
        file: 'functions/adapters/consent-mac/consent-mac.ts',
        find: "return new Uint8Array(hkdfSync('sha256', secret.reveal(), '', info, KEY_BYTES));",
        replace: "return new Uint8Array(hkdfSync('sha256', secret.reveal(), '', info && 'v1', KEY_BYTES));",
      },
    ],
    proof: foreignRecords,
    says: 'of one kind are none of the other: pending-consent',
  },
  {
    safeguard: 'consent records: the MAC does not cover the key in the table',
    edits: [
      {
        file: 'functions/adapters/consent-mac/consent-mac.ts',
        find: 'const text = canonicalJson({ key, record: canonicalRecord(members) });',
        replace: "const text = canonicalJson({ key: key && '', record: canonicalRecord(members) });",
      },
    ],
    proof: foreignRecords,
    says: 'cannot give a pending consent a code of their own',
  },
  {
    safeguard: 'consent records: a process never reads a newer key',
    edits: [
      {
        file: 'functions/adapters/consent-mac/authentic-consents.ts',
        find: 'return newer !== known && anyOf(newer);',
        replace: 'return newer !== known && anyOf(known);',
      },
    ],
    proof: foreignRecords,
    says: 'hold under the key before the present one, and under one that this process has yet to read',
  },
  {
    safeguard: 'consent records: a redeem may be claimed for any moment',
    edits: [
      {
        file: 'functions/core/consent/consent.ts',
        find: 'if (redeemedAtMs === undefined || redeemedAtMs > expiresAtMs + LATEST_REDEEM_MS) return expiresAtMs;',
        replace: 'if (redeemedAtMs === undefined || LATEST_REDEEM_MS < 0) return expiresAtMs;',
      },
    ],
    proof: foreignRecords,
    says: 'does not keep a code alive for longer than a late redeem would',
  },
  {
    safeguard: 'generation: a pending consent may be far ahead',
    edits: [
      {
        file: 'functions/core/consent/redeem-code.ts',
        find: 'if (isFarAhead(pending.connection.generation, deps.clock.nowMs())) return refuseFarAhead(deps);',
        replace: "if (isFarAhead('', deps.clock.nowMs())) return refuseFarAhead(deps);",
      },
    ],
    proof: foreignRecords,
    says: 'is refused even with the right MAC, for nothing could end it',
  },
  {
    safeguard: 'generation: what is stored far ahead keeps consents out',
    edits: [
      {
        file: 'functions/core/consent/activate-connection.ts',
        find: 'return stored.generation > consent.generation && !isFarAhead(stored.generation, nowMs);',
        replace: 'return stored.generation > consent.generation && !isFarAhead(consent.generation, nowMs);',
      },
    ],
    proof: foreignRecords,
    says: 'that is stored all the same keeps no new consent out',
  },
  {
    safeguard: 'generation: a disconnect follows one that is far ahead',
    edits: [
      {
        file: 'functions/core/connection/generation.ts',
        find: 'if (previous === undefined || minted > previous || isFarAhead(previous, nowMs)) return minted;',
        replace: 'if (previous === undefined || minted > previous) return minted;',
      },
    ],
    proof: disconnects,
    says: 'a disconnect wins over a generation far ahead of a connection that is active, and leaves none behind',
  },
  {
    safeguard: 'consent under way: nothing is marked before the exchange',
    inShortRun: true,
    edits: [
      {
        file: 'functions/core/consent/complete-exchange.ts',
        find: 'if (prepared.place) await markPlace(deps, prepared.place, attempt, deadline);',
        replace: 'if (prepared === undefined) await markPlace(deps, prepared, attempt, deadline);',
      },
    ],
    proof: waits,
    says: 'is marked before its code is exchanged',
  },
  {
    safeguard: 'consent under way: what else its user has connected is not marked',
    edits: [
      {
        file: 'functions/core/consent/mark-consent.ts',
        find: 'const ids = found.filter((id) => !own.isMarked || id !== own.connectionId);',
        replace: 'const ids = found.filter((id) => own.isMarked && id === own.connectionId);',
      },
    ],
    proof: waits,
    says: 'by another of their connections waits for a consent under an id that nothing was connected under',
  },
  {
    safeguard: 'consent under way: a revocation on its way is not let finish',
    edits: [
      {
        file: 'functions/core/consent/mark-consent.ts',
        find: 'if (marked && owesRevocations(marked)) await untilAtRest(deps, connectionId, deadline);',
        replace: 'if (marked && !owesRevocations(marked)) await untilAtRest(deps, connectionId, deadline);',
      },
    ],
    proof: waits,
    says: 'lets a revocation that is under way be answered before it exchanges its code',
  },
  {
    safeguard: 'consent under way: a revocation does not look for it before it posts',
    edits: [
      {
        file: 'functions/core/rotation/revoke-at-ims.ts',
        find: "if (mayEnd !== 'none') return mayEnd === 'living' ? 'shared' : 'retry';",
        replace: "if (mayEnd === 'living') return 'shared';",
      },
    ],
    proof: waits,
    says: 'that comes after the lease of a revocation was taken is seen before the post',
  },
  {
    safeguard: 'consent under way: a mark is believed whatever its moment',
    edits: [
      {
        file: 'functions/core/consent/consent-under-way.ts',
        find: 'return untilMs !== undefined && nowMs < untilMs && untilMs <= nowMs + LONGEST_WAIT_MS ? untilMs : undefined;',
        replace: 'return untilMs !== undefined && nowMs < untilMs ? untilMs : undefined;',
      },
    ],
    proof: waits,
    says: 'does not wait for a mark that no consent can have made',
  },
  {
    safeguard: 'consent under way: the due time is not at the end of the wait',
    edits: [
      {
        file: 'functions/core/connection/due.ts',
        find: 'consentEndsAtMs(connection, nowMs) ?? 0,',
        replace: 'consentEndsAtMs({}, nowMs) ?? 0,',
      },
    ],
    proof: waits,
    says: 'is revoked within twelve minutes of a consent that is never redeemed, and the due time says when',
  },
  {
    safeguard: 'consent under way: a disconnect drops its mark',
    edits: [
      {
        file: 'functions/core/connection/disconnecting-connection.ts',
        find: '...(consentUnderWay && { consentUnderWay }),',
        replace: '...(consentUnderWay && {}),',
      },
    ],
    proof: waits,
    says: 'waits for a consent whose user another connection learns of only by the disconnect that follows',
  },
  {
    safeguard: 'consent under way: a new generation writes over a mark it has not read',
    edits: [
      {
        file: 'test/support/fakes/fake-connection-store.ts',
        find: 'return holdsExactly(stored, events) && owesTheSame && keepsTheSame && isMarkedTheSame;',
        replace: 'return holdsExactly(stored, events) && owesTheSame && keepsTheSame;',
      },
    ],
    proof: waits,
    says: 'is not overlooked by a disconnect that began to write at the same moment',
  },
  {
    safeguard: 'consent under way: the redeem of one consent ends the mark of another',
    edits: [
      {
        file: 'functions/core/consent/consent-under-way.ts',
        find: 'return isAlone ? { codeDigest, untilMs } : { untilMs };',
        replace: 'return isAlone || nowMs > 0 ? { codeDigest, untilMs } : { untilMs };',
      },
      {
        file: 'functions/core/consent/consent-connection.ts',
        find: 'const otherMark = stored && !isMarkOf(stored, codeDigest) ? stored.consentUnderWay : undefined;',
        replace: 'const otherMark = isMarkOf({}, codeDigest) ? stored?.consentUnderWay : undefined;',
      },
    ],
    proof: waits,
    says: 'waits for the later of two consents, whichever is redeemed first',
  },
  {
    safeguard: 'kept previous: of another person too',
    inShortRun: true,
    edits: [
      {
        file: 'functions/core/consent/consent-connection.ts',
        find: 'if (!mayBeOnePerson(stored.subject, consent.subject)) return false;',
        replace: '',
      },
    ],
    proof: sessions,
    says: 'takes the place of another person’s, whose grant is no answer for this one',
  },
  {
    safeguard: 'kept previous: claims of the consent beside whatever is kept',
    edits: [
      {
        file: 'functions/core/consent/redeem-code.ts',
        find: '...(claims && isSameSubject(pending.connection, connection) && { claims }),',
        replace: '...(claims && isSameSubject(pending.connection, pending.connection) && { claims }),',
      },
    ],
    proof: sessions,
    says: 'that is worse leaves what may be the same person’s, and tells no claims beside it',
  },
  {
    safeguard: 'identity: a consent without one is kept',
    edits: [
      {
        file: 'functions/core/consent/complete-exchange.ts',
        find: "if (subject === undefined) return 'identity_missing';",
        replace: "if (subject === undefined && attempt.nonce === '') return 'identity_missing';",
      },
    ],
    proof: sessions,
    says: 'is never one without an identity',
  },
  {
    safeguard: 'identity: openid is asked for only where a session says so',
    edits: [
      {
        file: 'functions/core/consent/start-transaction.ts',
        find: 'const scopes = withIdentity(aim.scopes);',
        replace: 'const { scopes } = aim;',
      },
    ],
    proof: testFile('test/unit/consent/authorize.test.ts'),
    says: 'asks for openid beside whatever else is asked for, and always with a nonce',
  },
  {
    safeguard: 'erasure: connections of nobody known are passed over in silence',
    edits: [
      {
        file: 'functions/core/connection/erase-subject.ts',
        find: 'const unknownOwners = await deps.subjects.countUnknownOwners();',
        replace: 'const unknownOwners = 0;',
      },
    ],
    proof: testFile('test/unit/connection/erase-subject.test.ts'),
    says: 'it tells how many connections it could not look at',
  },
];
