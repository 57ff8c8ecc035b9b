import type { Standard } from './item.ts';

const ID_TOKEN = 'test/unit/adapters/ims/id-token.test.ts';
const SIGN_IN = 'test/unit/consent/sign-in.test.ts';

export const ASVS_V10 = {
  name: 'OWASP ASVS 5.0, V10',
  title: 'Application Security Verification Standard, OAuth and OIDC: what it asks of a client',
  url: 'https://github.com/OWASP/ASVS/blob/master/5.0/en/0x19-V10-OAuth-and-OIDC.md',
  items: {
    tokensStay: {
      section: '10.1.1',
      requirement: 'sends no token to a browser, an app or a log',
      also: [
        { file: SIGN_IN, name: 'nothing that was logged or measured shows a token, code, state or secret' },
        { file: 'test/infra/function-roles.test.ts', name: 'leave opening refresh tokens to rotate alone' },
      ],
    },
    sameTransaction: {
      section: '10.1.2',
      requirement: 'accepts codes and ID tokens only of a transaction that this browser started',
      also: [{ file: ID_TOKEN, name: 'with %s is rejected' }],
    },
    csrf: {
      section: '10.2.1',
      requirement: 'protects the callback against forged requests by state and by PKCE, each on its own',
    },
    mixUp: {
      section: '10.2.2',
      requirement: 'talks to one authorization server, and checks iss all the same',
    },
    scopes: {
      section: '10.2.3',
      requirement: 'requests the configured scopes and no other parameter than those it needs',
    },
    nonce: {
      section: '10.5.1',
      requirement: 'has Adobe repeat a nonce of this transaction in the ID token',
      also: [
        { file: ID_TOKEN, name: 'with %s is rejected' },
        { file: ID_TOKEN, name: 'with a nonce that was not requested is rejected' },
      ],
    },
    subject: {
      section: '10.5.2',
      requirement: 'knows a user by the sub of the verified ID token alone, never by an e-mail address',
      also: [
        { file: ID_TOKEN, name: 'takes subject and claims from the verified ID token' },
        {
          file: ID_TOKEN,
          name: 'keeps the tokens without a subject when ID token and answer name two users',
        },
      ],
    },
    issuer: {
      section: '10.5.3',
      requirement: 'takes the issuer from its settings and reads no metadata that could name another',
      also: [{ file: ID_TOKEN, name: 'may come from the issuer %s' }],
    },
    audience: {
      section: '10.5.4',
      requirement: 'rejects an ID token for another client',
      also: [{ file: ID_TOKEN, name: 'with %s is rejected' }],
    },
  },
  foreign: [
    {
      section: '10.3',
      requirement: 'resource servers',
      reason: 'the vault’s own API is guarded by IAM and accepts no OAuth token.',
    },
    {
      section: '10.4, 10.6, 10.7',
      requirement: 'authorization servers and their consent',
      reason: 'Adobe’s.',
    },
    {
      section: '10.5.5',
      requirement: 'back-channel logout',
      reason: 'Adobe sends none, and no route takes any.',
    },
  ],
} as const satisfies Standard;
