import { describe, expect, it } from 'vitest';
import { callbackUrl, effectiveRedirectUri } from '../../../local/ims/authorization-request.ts';
import { defaultImsProfile } from '../../../local/ims/profile.ts';

const credential = {
  ...defaultImsProfile.credential,
  redirectUriPatterns: ['https://app\\.example\\.com/callback', 'https://other\\.example\\.com/.*'],
  defaultRedirectUri: 'https://app.example.com/default',
};

describe('where the answer of an authorization request goes', () => {
  it.each(['https://app.example.com/callback', 'https://other.example.com/any/path?x=1'])(
    'goes to %s, which a pattern matches as a whole',
    (uri) => {
      expect(effectiveRedirectUri(uri, credential)).toBe(uri);
    },
  );

  it.each([
    null,
    'https://app.example.com/callback/more',
    'https://evil.example/?https://app.example.com/callback',
    'https://appXexample.com/callback',
    'not a url',
  ])('goes to the default redirect URI for %s', (uri) => {
    expect(effectiveRedirectUri(uri, credential)).toBe('https://app.example.com/default');
  });
});

describe('the callback address', () => {
  it('keeps a query of its own and leaves out absent parameters', () => {
    expect(callbackUrl('https://a.example/cb?x=1', { code: 'c d', iss: null }, 'query')).toBe(
      'https://a.example/cb?x=1&code=c+d',
    );
  });

  it('can use the fragment', () => {
    expect(callbackUrl('https://a.example/cb', { code: 'c' }, 'fragment')).toBe(
      'https://a.example/cb#code=c',
    );
  });

  it('works for the custom schemes of native apps', () => {
    expect(callbackUrl('adobe+abc://adobeid/client', { code: 'c' }, 'query')).toBe(
      'adobe+abc://adobeid/client?code=c',
    );
  });
});
