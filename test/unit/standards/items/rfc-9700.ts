import type { Standard } from './item.ts';

const ATTACKS = 'test/unit/consent/callback-attacks.test.ts';
const COOKIES = 'test/unit/consent/transaction-cookies.test.ts';
const ID_TOKEN = 'test/unit/adapters/ims/id-token.test.ts';
const PAGES = 'test/unit/http/outcome-page.test.ts';

export const RFC_9700 = {
  name: 'RFC 9700',
  title: 'Best Current Practice for OAuth 2.0 Security',
  url: 'https://www.rfc-editor.org/rfc/rfc9700',
  items: {
    stateBound: {
      section: '2.1',
      requirement: 'accepts an answer only with the one-time state of a transaction that this browser holds',
      also: [{ file: ATTACKS, name: 'for the state of another transaction' }],
    },
    noCookie: {
      section: '2.1',
      requirement: 'does nothing for a callback without cookie',
      also: [{ file: ATTACKS, name: 'for a callback without any cookie' }],
    },
    pkceS256: {
      section: '2.1.1',
      requirement: 'uses PKCE although it is confidential, by the one method that hides the verifier',
      also: [
        {
          file: 'test/unit/adapters/ims/authorization-request.test.ts',
          name: 'carries every parameter IMS needs, with S256 said explicitly',
        },
      ],
    },
    perTransaction: {
      section: '2.1.1',
      requirement: 'draws state, challenge and nonce again for every transaction, in every tab',
      also: [{ file: ATTACKS, name: 'several tabs do not disturb each other' }],
    },
    severalTabs: {
      section: '2.1.1',
      requirement: 'lets several tabs end in any order, each with its own verifier and its own destination',
    },
    expired: {
      section: '2.1.1',
      requirement: 'exchanges no code for a transaction that is older than ten minutes',
      also: [
        {
          file: ATTACKS,
          name: 'a transaction that took more than ten minutes has expired, whatever the browser kept',
        },
      ],
    },
    codeGrantOnly: {
      section: '2.1.2',
      requirement: 'asks for a code and for nothing else, and refuses a token that comes with the browser',
    },
    leastScopes: {
      section: '2.3',
      requirement:
        'asks for the scopes of the settings or of the app’s backend, never for those a browser names',
    },
    encrypted: {
      section: '2.6',
      requirement: 'has its answers sent to https only',
      also: [{ file: 'test/unit/adapters/env/parse-env.test.ts', name: 'secure URL is not %s' }],
    },
    noOutsideResource: {
      section: '4.2.4',
      requirement: 'shows pages without outside resources, and without a link elsewhere once connected',
      also: [{ file: PAGES, name: 'allows nothing but its own stylesheet, and needs nothing else' }],
      exception:
        'a page that says what went wrong may link to the operator’s own support address; by then no code on it is of use, and no referrer is sent',
    },
    noReferrer: {
      section: '4.2.4',
      requirement: 'suppresses the referrer on every answer to a browser',
      also: [{ file: PAGES, name: 'is neither cached, framed nor referred from' }],
    },
    stateOnce: {
      section: '4.2.4',
      requirement: 'takes a state once: a second code with it is not exchanged',
      also: [{ file: ATTACKS, name: 'a second code with a used state is not exchanged' }],
    },
    concurrent: {
      section: '4.2.4',
      requirement: 'of two callbacks at the same time with one code exchanges one',
      also: [
        {
          file: ATTACKS,
          name: 'of two callbacks at the same time only one exchanges, and both show the same outcome',
        },
      ],
    },
    reload: {
      section: '4.3.1',
      requirement:
        'answers a reload of the callback, and the same URL from the history, without using the code again',
      also: [
        { file: ATTACKS, name: 'a reload shows the same outcome again, and exchanges and counts nothing' },
      ],
    },
    backButton: {
      section: '4.3.1',
      requirement: 'starts a new transaction when the back button leads to the authorize page again',
    },
    foreignHistory: {
      section: '4.3.1',
      requirement: 'gives nothing to another browser that opens the URL of a finished callback',
      also: [
        {
          file: 'test/integration/demo/demo-application.test.ts',
          name: 'refuses a return that another browser began',
        },
      ],
    },
    notStored: {
      section: '4.3.1',
      requirement: 'has no cache keep any answer to a browser',
    },
    noTokenInUrl: {
      section: '4.3.2',
      requirement: 'puts no token, verifier or secret into a URL, a cookie or a page',
      also: [
        {
          file: 'test/unit/consent/sign-in.test.ts',
          name: 'comes back to the app with a one-time code and the app state, never with an id',
        },
      ],
    },
    mixUp: {
      section: '4.4.2.1',
      requirement: 'stops when the answer names another issuer than the one it asked',
      also: [{ file: ATTACKS, name: '%s changes nothing' }],
    },
    mixUpEndpoint: {
      section: '4.4.2',
      requirement: 'sends codes to the one token endpoint of its settings, whatever an answer says',
    },
    injectionPkce: {
      section: '4.5.3.1',
      requirement: 'a code of another transaction is refused, because the verifier is that of this browser’s',
    },
    injectionNonce: {
      section: '4.5.3.2',
      requirement:
        'uses no token that comes with an ID token whose nonce is not this browser’s, even if PKCE were ignored',
      also: [{ file: ID_TOKEN, name: 'keeps the tokens that come with a bad ID token, without a subject' }],
    },
    csrf: {
      section: '4.7.1',
      requirement: 'attaches nothing when a victim opens the callback that an attacker prepared',
    },
    stateOpaque: {
      section: '4.7.1',
      requirement: 'carries no application state in the state, only 128 random bits',
    },
    swapped: {
      section: '4.7.1',
      requirement: 'does not accept a transaction under a name or a state it was not made for',
      also: [{ file: COOKIES, name: 'are not accepted for another state, whatever their name says' }],
    },
    otherDeployment: {
      section: '4.7.1',
      requirement: 'does not accept the cookie of another deployment or of another key',
      also: [
        { file: COOKIES, name: 'are accepted after the key was rotated, but not after it is gone' },
        { file: COOKIES, name: 'are not accepted when a single character was changed' },
      ],
    },
    cookieAttributes: {
      section: '4.7.1',
      requirement:
        'binds the transaction to the browser by a cookie that scripts, other hosts and cross-site requests cannot touch',
    },
    downgrade: {
      section: '4.8.2',
      requirement: 'cannot be talked out of PKCE, and checks the state although it uses PKCE',
    },
    counterfeitServer: {
      section: '4.9.1',
      requirement: 'hands its answers to no address that a request header names',
      also: [
        {
          file: 'test/unit/client/fetching-with-a-token.test.ts',
          name: 'a request carries the token of its connection, whatever the caller put there',
        },
      ],
    },
    openRedirect: {
      section: '4.11.1',
      requirement:
        'is no open redirector: userinfo, backslash, encoding, case, trailing dot, port and all that',
    },
    openRedirectBackend: {
      section: '4.11.1',
      requirement: 'opens no consent session that would lead to such a URL either',
    },
    see303: {
      section: '4.12',
      requirement: 'redirects with 303, never with 307',
      also: [{ file: PAGES, name: 'is a 303 without a body' }],
    },
    framing: {
      section: '4.16',
      requirement: 'forbids to frame any answer to a browser',
    },
  },
  foreign: [
    {
      section: '2.1, 4.1.3',
      requirement: 'exact matching of redirect URIs',
      reason:
        'Adobe’s. The vault sends one fixed redirect URI, and `docs/guides/deploying.md` says how to register it exactly.',
    },
    {
      section: '2.2.1, 4.10.1',
      requirement: 'sender-constrained access tokens',
      reason: 'Adobe issues bearer tokens only.',
    },
    {
      section: '2.2.2, 4.14.2',
      requirement: 'rotation or sender-constraining of refresh tokens',
      reason:
        'asked for public clients. Adobe decides; the vault keeps every rotation safe (`docs/rotation.md`).',
    },
    {
      section: '2.4',
      requirement: 'no password grant',
      reason: 'the vault knows only codes and refresh tokens.',
    },
    {
      section: '2.5',
      requirement: 'asymmetric client authentication is recommended',
      reason:
        'Adobe offers a client secret only; it is kept in Secrets Manager, and a second one may be live.',
    },
    {
      section: '2.6',
      requirement: 'configuration by server metadata is recommended',
      reason:
        'endpoints are fixed relative to one host in the settings: nothing an answer says can move them.',
    },
    {
      section: '4.13',
      requirement: 'TLS terminating proxies clean what they pass on',
      reason: 'API Gateway’s. The vault reads no `Host`, `Forwarded` or `X-Forwarded-…` (§4.9.1 above).',
    },
    {
      section: '4.15.1',
      requirement: 'clients may not pose as resource owners',
      reason: 'Adobe’s and the APIs’.',
    },
    {
      section: '4.17.2',
      requirement: 'checks of in-browser messages',
      reason: 'no page of the vault has a script, and none is answered by message.',
    },
  ],
} as const satisfies Standard;
