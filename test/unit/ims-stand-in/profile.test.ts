import { describe, expect, it } from 'vitest';
import { defaultImsProfile, withProfileChange } from '../../../local/ims/profile.ts';
import { claimsFor, completeUser } from '../../../local/ims/users.ts';

describe('a change of profile', () => {
  it('changes what it names and nothing else', () => {
    const changed = withProfileChange(defaultImsProfile, { rotation: { mode: 'family' } });
    expect(changed).toEqual({
      ...defaultImsProfile,
      rotation: { ...defaultImsProfile.rotation, mode: 'family' },
    });
  });
});

describe('a test user', () => {
  it('needs only a key, and gets a subject that looks like an Adobe one', () => {
    expect(completeUser({ key: 'dora' })).toMatchObject({
      email: 'dora@example.com',
      sub: expect.stringMatching(/^[0-9A-F]{24}@AdobeID$/),
    });
    expect(completeUser({ key: 'erik', accountType: 'ent' }).sub).toMatch(/^[0-9A-F]{24}@[0-9A-F]{24}$/);
  });

  it('shows only the claims its scopes release', () => {
    const user = completeUser({ key: 'dora' });
    expect(Object.keys(claimsFor(user, ['openid']))).toEqual(['sub']);
    expect(claimsFor(user, ['openid', 'email'])).toMatchObject({ email_verified: true });
    expect(claimsFor(user, ['address'])).toMatchObject({ address: { country: 'US' } });
    expect(claimsFor(user, ['profile'])).toMatchObject({ given_name: 'dora', account_type: 'ind' });
  });
});
