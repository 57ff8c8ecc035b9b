import type { Standard } from './item.ts';

export const RFC_7636 = {
  name: 'RFC 7636',
  title: 'Proof Key for Code Exchange by OAuth Public Clients',
  url: 'https://www.rfc-editor.org/rfc/rfc7636',
  items: {
    verifier: {
      section: '4.1',
      requirement: 'makes a verifier of 43 to 128 unreserved characters',
    },
    challenge: {
      section: '4.2',
      requirement: 'derives the challenge from the verifier by S256, without padding',
      also: [
        {
          file: 'test/unit/adapters/ims/authorization-request.test.ts',
          name: 'has the challenge that RFC 7636 derives from the verifier',
        },
      ],
    },
    methodSaid: {
      section: '4.3',
      requirement: 'says the method, because a missing one means plain',
    },
    verifierSent: {
      section: '4.5',
      requirement: 'sends with the code the verifier whose challenge the request carried',
      also: [
        {
          file: 'test/integration/ims-stand-in/exchanging-a-code.test.ts',
          name: 'is verified with S256 when a challenge was sent',
        },
      ],
    },
    entropy: {
      section: '7.1',
      requirement: 'draws 256 random bits for a verifier, never the same twice',
    },
    noDowngrade: {
      section: '7.2',
      requirement: 'does not try again with plain after a refusal',
    },
  },
  foreign: [
    { section: '4.4, 4.6', requirement: 'binding the code, verifying the verifier', reason: 'Adobe’s.' },
  ],
} as const satisfies Standard;
