import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readAuthorizationResponse } from '../../../../functions/adapters/ims/authorization.ts';

const expected = { state: 'right', issuers: ['https://ims.example', 'https://ims.example/ims'] };

function read(query: string) {
  return readAuthorizationResponse(new URLSearchParams(query), expected);
}

describe('the authorization response', () => {
  it('yields the code when the state is right', () => {
    const answer = read('code=eyJ.a.b&state=right');
    expect(answer.kind === 'code' && answer.code.reveal()).toBe('eyJ.a.b');
  });

  it('does not believe an error that comes with the wrong state', () => {
    expect(read('error=access_denied&state=wrong')).toEqual({ kind: 'invalid', reason: 'state' });
    expect(read('error=access_denied')).toEqual({ kind: 'invalid', reason: 'state' });
  });

  it('does not believe an error that comes from another issuer', () => {
    const answer = read('error=access_denied&state=right&iss=https%3A%2F%2Fevil.example');
    expect(answer).toEqual({ kind: 'invalid', reason: 'issuer' });
    expect(read('code=c&state=right&iss=')).toEqual({ kind: 'invalid', reason: 'issuer' });
  });

  it.each(expected.issuers)('accepts the issuer %s', (issuer) => {
    const query = new URLSearchParams({ code: 'c', state: 'right', iss: issuer });
    expect(readAuthorizationResponse(query, expected).kind).toBe('code');
  });

  it('reports an error with its description', () => {
    expect(read('error=invalid_scope&error_description=not+yours&state=right')).toEqual({
      kind: 'error',
      error: 'invalid_scope',
      description: 'not yours',
    });
  });

  it('prefers the error when there is also a code', () => {
    expect(read('error=access_denied&code=c&state=right').kind).toBe('error');
  });

  it('does not repeat an error text outside the characters of RFC 6749', () => {
    expect(read('error=a%0Ab&error_description=%22x%22&state=right')).toEqual({
      kind: 'error',
      error: 'unreadable_error',
    });
  });

  it.each(['state=right&state=right&code=c', 'state=right&code=c&code=d', 'state=right&error=a&error=b'])(
    'refuses the repeated parameter in %s',
    (query) => {
      expect(read(query)).toEqual({ kind: 'invalid', reason: 'duplicate-parameter' });
    },
  );

  it.each(['state=right', 'state=right&code='])('refuses %s for want of a code', (query) => {
    expect(read(query)).toEqual({ kind: 'invalid', reason: 'missing-code' });
  });

  it.each(['state=right&code=c&id_token=x', 'state=right&response=x', 'state=right&token=x'])(
    'refuses %s, which belongs to a flow that was not started',
    (query) => {
      expect(read(query)).toEqual({ kind: 'invalid', reason: 'unsupported' });
    },
  );

  it('never matches an empty expected state', () => {
    const answer = readAuthorizationResponse(new URLSearchParams('code=c&state='), {
      ...expected,
      state: '',
    });
    expect(answer).toEqual({ kind: 'invalid', reason: 'state' });
  });

  it('answers every query without throwing, and never with a code unless the state is right', () => {
    const name = fc.constantFrom('state', 'code', 'error', 'error_description', 'iss', 'response', 'x');
    const value = fc.oneof(fc.string(), fc.constantFrom('right', 'https://ims.example'));
    fc.assert(
      fc.property(fc.array(fc.tuple(name, value)), (pairs) => {
        const answer = readAuthorizationResponse(new URLSearchParams(pairs), expected);
        const states = pairs.filter(([key]) => key === 'state').map(([, state]) => state);
        if (answer.kind !== 'invalid') expect(states).toEqual(['right']);
      }),
    );
  });
});
