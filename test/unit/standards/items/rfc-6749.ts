import type { Standard } from './item.ts';

const ATTACKS = 'test/unit/consent/callback-attacks.test.ts';
const RESPONSES = 'test/unit/adapters/ims/authorization-response.test.ts';

export const RFC_6749 = {
  name: 'RFC 6749',
  title: 'The OAuth 2.0 Authorization Framework',
  url: 'https://www.rfc-editor.org/rfc/rfc6749',
  items: {
    secretInBody: {
      section: '2.3.1',
      requirement: 'sends the client secret in the body of a request, never in a URL',
      also: [
        {
          file: 'test/integration/adapters/ims.test.ts',
          name: 'a code exchange repeats the redirect URI and brings the verifier',
        },
      ],
    },
    requestOnce: {
      section: '3.1',
      requirement: 'names no parameter of an authorization request twice',
    },
    repeatedParameters: {
      section: '3.1',
      requirement: 'believes no answer that names a parameter twice, the same or another value',
      also: [{ file: ATTACKS, name: '%s changes nothing' }],
    },
    repeatedAtAuthorize: {
      section: '3.1',
      requirement: 'starts nothing for a request that repeats one of its parameters',
      also: [{ file: 'test/unit/consent/authorize.test.ts', name: 'refuses a repeated %s' }],
    },
    scopesAsText: {
      section: '3.3',
      requirement: 'asks for each scope once, as the settings have it',
    },
    unknownIgnored: {
      section: '4.1.2',
      requirement: 'ignores parameters of an answer that it does not know',
    },
    stateExact: {
      section: '4.1.2',
      requirement: 'wants the very state it sent: no other case, no part, no padding',
    },
    emptyCode: {
      section: '4.1.2',
      requirement: 'takes an answer with neither code nor error for no answer',
      also: [{ file: RESPONSES, name: 'refuses %s for want of a code' }],
    },
    errorsDistinguished: {
      section: '4.1.2.1',
      requirement: 'has a separate outcome for each error that the standard names, and one for any other',
      also: [{ file: ATTACKS, name: 'the error %s is shown as %s' }],
    },
    errorNeedsState: {
      section: '4.1.2.1',
      requirement: 'does not believe an error that comes without the right state',
      also: [{ file: ATTACKS, name: 'for an error whose state is unknown, which is not believed' }],
    },
    codeWithError: {
      section: '4.1.2.1',
      requirement: 'treats a code that comes with an error as the error, and exchanges nothing',
      also: [{ file: RESPONSES, name: 'prefers the error when there is also a code' }],
    },
    errorText: {
      section: '4.1.2.1',
      requirement: 'repeats no text of an error to the user or the app',
      also: [{ file: RESPONSES, name: 'does not repeat an error text outside the characters of RFC 6749' }],
    },
    sameRedirectUri: {
      section: '4.1.3',
      requirement: 'repeats in the exchange the very redirect URI of the request',
    },
    guessing: {
      section: '10.10',
      requirement: 'draws at least 128 random bits for whatever must not be guessed',
    },
    csrf: {
      section: '10.12',
      requirement: 'keeps the state in the browser where only the vault can read it, encrypted',
    },
    input: {
      section: '10.14',
      requirement: 'reflects nothing of a hostile request in a page, a header or a cookie',
    },
  },
  foreign: [
    {
      section: '3.1.2.5',
      requirement: 'after the answer the browser should be sent on, away from the code in the URL',
      reason:
        'with an app behind the sign-in it is. The vault’s own result page stays where it is: the code is spent, and the page has no script and sends no referrer.',
    },
    { section: '4.2, 4.3, 4.4', requirement: 'other grants', reason: 'not used.' },
    { section: '10.13', requirement: 'clickjacking of the authorization page', reason: 'Adobe’s.' },
  ],
} as const satisfies Standard;
