import { expect, test } from 'vitest';
import { profileOf } from '../../../functions/core/connection/connection-id.ts';

test.each([
  [
    { name: 'Alice Example', email: 'alice@example.com' },
    { name: 'Alice Example', email: 'alice@example.com' },
  ],
  [{ given_name: 'Alice', family_name: 'Example' }, { name: 'Alice Example' }],
  [{ given_name: 'Alice' }, { name: 'Alice' }],
  [{ email: 'alice@example.com', email_verified: true, locale: 'en' }, { email: 'alice@example.com' }],
  [{ name: '', email: '' }, undefined],
  [{ sub: '0123456789ABCDEF01234567@AdobeID', email_verified: true }, undefined],
  [{ name: 'x'.repeat(257), email: `${'x'.repeat(320)}@a` }, undefined],
  [{ name: true, email: false }, undefined],
])('of %j the profile is %j', (claims, expected) => {
  expect(profileOf(claims as Record<string, string | boolean>)).toEqual(expected);
});
