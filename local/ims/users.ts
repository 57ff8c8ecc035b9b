import { createHash } from 'node:crypto';

/** A test user. Only the key is required; the rest is derived from it. */
export interface ImsUser {
  readonly key: string;
  readonly sub?: string;
  readonly email?: string;
  readonly emailVerified?: boolean;
  readonly givenName?: string;
  readonly familyName?: string;
  readonly country?: string;
  readonly accountType?: 'ind' | 'ent';
}

export type CompleteImsUser = Required<ImsUser>;

export const defaultImsUsers: readonly ImsUser[] = [
  { key: 'alice', givenName: 'Alice', familyName: 'Example' },
  { key: 'bob', givenName: 'Bob', familyName: 'Example', country: 'DE' },
  { key: 'carol', givenName: 'Carol', familyName: 'Example', accountType: 'ent' },
];

function digestOf(text: string): string {
  return createHash('sha256').update(text).digest('hex').toUpperCase();
}

/** `sub` looks like Adobe's: 24 hex digits, then `AdobeID` or the hex id of an organisation. */
function subjectOf(user: ImsUser): string {
  const authority = user.accountType === 'ent' ? digestOf('organisation').slice(0, 24) : 'AdobeID';
  return `${digestOf(user.key).slice(0, 24)}@${authority}`;
}

export function completeUser(user: ImsUser): CompleteImsUser {
  return {
    sub: subjectOf(user),
    email: `${user.key}@example.com`,
    emailVerified: true,
    givenName: user.key,
    familyName: 'Test',
    country: 'US',
    accountType: 'ind',
    ...user,
  };
}

/** The OpenID claims a set of scopes releases about a user. */
export function claimsFor(user: CompleteImsUser, scopes: readonly string[]): Record<string, unknown> {
  return {
    sub: user.sub,
    ...(scopes.includes('email') ? { email: user.email, email_verified: user.emailVerified } : {}),
    ...(scopes.includes('profile')
      ? {
          name: `${user.givenName} ${user.familyName}`,
          given_name: user.givenName,
          family_name: user.familyName,
          account_type: user.accountType,
        }
      : {}),
    ...(scopes.includes('address') ? { address: { country: user.country } } : {}),
  };
}
