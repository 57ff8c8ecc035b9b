import { expect, it } from 'vitest';
import { createAnswerCheck, type SeenAnswer } from '../../support/openapi/classify-answer.ts';
import { readOpenApiDocument } from '../../support/openapi/openapi-document.ts';

const ROUTE = 'DELETE /connections/{connectionId}';
const document = readOpenApiDocument();

function answerOf(changes: Partial<SeenAnswer> & { readonly json?: object }): SeenAnswer {
  return {
    status: 202,
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(changes.json ?? { connectionId: 'acme.1', state: 'disconnecting' }),
    ...changes,
  };
}

it('An answer as documented passes, and its status is not missing any more', () => {
  const { decide, unseen } = createAnswerCheck(document);
  expect(unseen()).toContain(`${ROUTE} 202`);
  decide(ROUTE, answerOf({}));
  expect(unseen()).not.toContain(`${ROUTE} 202`);
});

it.each<[string, Parameters<typeof answerOf>[0]]>([
  ['a status that is not documented', { status: 204 }],
  ['a member that is not documented', { json: { connectionId: 'acme.1', state: 'disconnecting', more: 1 } }],
  ['a member that is missing', { json: { connectionId: 'acme.1' } }],
  ['a media type that is not documented', { headers: { 'content-type': 'text/plain' } }],
  [
    'a problem with a code of another route',
    {
      status: 404,
      headers: { 'content-type': 'application/problem+json' },
      json: { type: 'urn:adobe-token-vault:problem:not_found', title: 'x', status: 404, code: 'not_found' },
    },
  ],
  [
    'a header that is not as documented',
    {
      status: 503,
      headers: { 'content-type': 'application/problem+json', 'retry-after': 'soon' },
      json: {
        type: 'urn:adobe-token-vault:problem:temporarily_unavailable',
        title: 'x',
        status: 503,
        code: 'temporarily_unavailable',
      },
    },
  ],
])('An answer with %s is reported', (_, changes) => {
  const { decide } = createAnswerCheck(document);
  expect(() => decide(ROUTE, answerOf(changes))).toThrow();
});

it('A redirect without its location is reported', () => {
  const { decide } = createAnswerCheck(document);
  const redirect = { status: 303, headers: {}, body: '' };
  expect(() => decide('GET /authorize', redirect)).toThrow('location');
});
