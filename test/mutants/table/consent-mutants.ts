import type { Mutant } from '../mutant.ts';
import { RACES, testFile } from './proofs.ts';

const CONSENT = 'functions/core/application/consent';

const attacks = testFile('test/unit/consent/callback-attacks.test.ts');
const sessions = testFile('test/unit/consent/consent-sessions.test.ts');
const signIn = testFile('test/unit/consent/sign-in.test.ts');

/** The browser leg, and how a consent takes its place. */
export const CONSENT_MUTANTS: readonly Mutant[] = [
  {
    guard: 'callback: what it says is believed before cookie and state agree',
    edits: [
      {
        file: `${CONSENT}/recognise.ts`,
        find: '  const attempt = await attempts.find(state, cookies);',
        replace:
          "  if (parameters.has('error')) return { outcome: 'declined' };\n  const attempt = await attempts.find(state, cookies);",
      },
    ],
    proof: attacks,
    says: 'for an error whose state is unknown, which is not believed',
  },
  {
    guard: 'callback: a state works more than once',
    edits: [
      {
        file: `${CONSENT}/end-attempt.ts`,
        find: "if (burnt.result === 'already') {",
        replace: "if (burnt.result === 'already' && ready === undefined) {",
      },
    ],
    proof: attacks,
    says: 'a second code with a used state is not exchanged',
  },
  {
    guard: 'callback: a consent session works in more than one browser',
    edits: [
      {
        file: `${CONSENT}/end-attempt.ts`,
        find: "if (result === 'already') return 'already_used';",
        replace: '',
      },
    ],
    proof: sessions,
    says: 'works once: a second browser with the same link is told so and exchanges nothing',
  },
  {
    guard: 'callback: an attempt never ends',
    edits: [
      {
        file: `${CONSENT}/end-attempt.ts`,
        find: "if (deps.clock.nowMs() >= startedAtMs + ATTEMPT_LIFE_MS) return { outcome: 'attempt_expired' };",
        replace: '',
      },
    ],
    proof: attacks,
    says: 'an attempt that took more than ten minutes has ended',
  },
  {
    guard: 'callback: a code that may have arrived is posted again',
    edits: [
      {
        file: `${CONSENT}/exchange-code.ts`,
        find: "if (answer.kind !== 'unknown' || answer.reason !== 'unreachable') return answer;",
        replace: "if (answer.kind !== 'unknown') return answer;",
      },
    ],
    proof: signIn,
    says: 'is not asked again when the first request may have arrived',
  },
  {
    guard: 'generation condition on begin: a consent older than a disconnect comes back',
    inShortRun: true,
    edits: [
      {
        file: `${CONSENT}/activate-connection.ts`,
        find: 'if (stored !== undefined && isOvertaken(consent, stored, nowMs)) {',
        replace: 'if (stored === consent) {',
      },
      {
        file: 'test/support/fakes/fake-connection-store.ts',
        find: "if (!mayGiveWay) return 'lost';",
        replace: '',
      },
    ],
    proof: sessions,
    says: 'after a disconnect that came later is refused',
    also: [RACES],
  },
  {
    guard: 'begin: it writes over a rotation that committed in between',
    edits: [
      {
        file: 'test/support/fakes/fake-connection-store.ts',
        find: "if (replacing !== undefined && !isReplaced(stored, replacing)) return 'lost';",
        replace: '',
      },
    ],
    proof: sessions,
    says: 'by another Adobe user also has the token of a rotation revoked that commits at the same moment',
  },
  {
    guard: 'redeem: a code of another id is taken',
    edits: [
      {
        file: `${CONSENT}/redeem-code.ts`,
        find: "return 'connectionId' in redeemer && redeemer.connectionId === connection.connectionId;",
        replace: "return 'connectionId' in redeemer && connection.connectionId !== '';",
      },
    ],
    proof: sessions,
    says: 'answers alike to a code that is unknown, of another id, state or kind, or no code at all',
  },
  {
    guard: 'redeem: the code of a sign-in is taken with any app state',
    edits: [
      {
        file: `${CONSENT}/redeem-code.ts`,
        find: "return 'appState' in redeemer && handleDigest(redeemer.appState) === appStateDigest;",
        replace: "return 'appState' in redeemer && appStateDigest !== undefined;",
      },
    ],
    proof: sessions,
    says: 'takes the app state of the session that began it: a code planted in another session is none',
  },
  {
    guard: 'consent: one that Adobe refuses keeps its place',
    edits: [
      {
        file: 'functions/core/domain/consent-connection.ts',
        find: "if (stored.state === 'suspect' && stored.evidence !== undefined) return false;",
        replace: '',
      },
    ],
    proof: sessions,
    says: 'with fewer scopes takes the place of a connection that Adobe has refused, and of no other doubtful one',
  },
  {
    guard: 'consent: one with fewer scopes takes the place of a live one',
    edits: [
      {
        file: `${CONSENT}/activate-connection.ts`,
        find: 'if (stored !== undefined && !replace && keepsPrevious(stored, consent, nowMs)) {',
        replace: 'if (stored === consent) {',
      },
    ],
    proof: sessions,
    says: 'kept',
  },
  {
    guard: 'consent: tokens of the user before are not revoked',
    edits: [
      {
        file: 'functions/core/domain/consent-connection.ts',
        find: 'const ended = isOtherSubject(stored, consent) ? revocationsOf(stored, accessTokens) : [];',
        replace: 'const ended: readonly PendingRevocation[] = [];',
      },
    ],
    proof: sessions,
    says: 'by another Adobe user has the tokens of the one before revoked',
  },
  {
    guard: 'tombstones: narrower tokens of the earlier consent stay in the cache',
    edits: [
      {
        file: `${CONSENT}/publish-consent.ts`,
        find: '? publish(accessToken) : bury(scopeSet),',
        replace: '? publish(accessToken) : Promise.resolve(bury),',
      },
    ],
    proof: signIn,
    says: 'covers narrower access tokens of the earlier consent with tombstones',
  },
];
