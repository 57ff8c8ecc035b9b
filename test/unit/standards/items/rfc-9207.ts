import type { Standard } from './item.ts';

export const RFC_9207 = {
  name: 'RFC 9207',
  title: 'OAuth 2.0 Authorization Server Issuer Identification',
  url: 'https://www.rfc-editor.org/rfc/rfc9207',
  items: {
    compared: {
      section: '2.4',
      requirement: 'compares a decoded iss with the issuer it asked, character by character',
      also: [
        { file: 'test/unit/adapters/ims/authorization-response.test.ts', name: 'accepts the issuer %s' },
        {
          file: 'test/unit/adapters/ims/authorization-response.test.ts',
          name: 'does not believe an error that comes from another issuer',
        },
      ],
    },
    rejected: {
      section: '2.4',
      requirement: 'goes on with no code of another issuer, and consumes nothing',
    },
    errors: {
      section: '2.4',
      requirement: 'does not take the error of another issuer for Adobe’s',
    },
    absent: {
      section: '2.4',
      requirement: 'accepts an answer without iss, because Adobe does not announce it',
    },
    several: {
      section: '4',
      requirement: 'rejects an answer with several issuers',
    },
  },
  foreign: [{ section: '2, 2.3, 3', requirement: 'sending and announcing iss', reason: 'Adobe’s.' }],
} as const satisfies Standard;
