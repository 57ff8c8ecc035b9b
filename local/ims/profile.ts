import type { RevocationReach } from './grant-store.ts';
import type { LifeRules, RotationRules } from './refresh-token-rules.ts';

/** How one emulated Adobe credential behaves. Two levels only, so that a change can name just what differs. */
export interface ImsProfile {
  readonly credential: CredentialProfile;
  readonly clientAuthentication: ClientAuthenticationProfile;
  readonly authorize: AuthorizeProfile;
  readonly consent: ConsentProfile;
  readonly code: CodeProfile;
  readonly rotation: RotationProfile;
  readonly refresh: RefreshProfile;
  readonly access: AccessProfile;
  readonly tokens: TokensProfile;
  readonly idToken: IdTokenProfile;
  readonly userAction: UserActionProfile;
  readonly revocation: RevocationProfile;
  readonly userinfo: UserinfoProfile;
}

export interface CredentialProfile {
  readonly clientId: string;
  /** One or two live secrets. */
  readonly clientSecrets: readonly string[];
  /** Only a web app is confidential and gets refresh tokens. */
  readonly type: 'web-app' | 'single-page-app' | 'native-app';
  /** What the credential may ask for; anything else is `invalid_scope` on the callback. */
  readonly scopes: readonly string[];
  /** Regular expressions that must match the whole redirect URI. */
  readonly redirectUriPatterns: readonly string[];
  /** Where the answer goes when `redirect_uri` is missing or matches no pattern. */
  readonly defaultRedirectUri: string;
  readonly status: 'production' | 'in-development';
  /** The users that may sign in while the credential is in development. */
  readonly betaEmails: readonly string[];
  readonly nonBetaAnswer: 'error-page' | 'callback-error';
  readonly nonBetaError: string;
}

export interface ClientAuthenticationProfile {
  readonly accepted: readonly ('basic' | 'body')[];
  readonly refusalStatus: 400 | 401;
  readonly parameters: 'body-or-query' | 'body-only';
  readonly multipart: 'accepted' | 'refused';
}

export interface AuthorizeProfile {
  /** Answers the consent page without a person; `abandon` never calls back. */
  readonly automatic: { readonly user: string; readonly decision: ConsentDecision } | null;
  readonly stateOnError: 'replayed' | 'omitted';
  readonly errorDescription: 'present' | 'absent';
  /** RFC 9207 `iss` on the callback. */
  readonly iss: 'absent' | 'present' | 'wrong';
}

export type ConsentDecision = 'approve' | 'deny' | 'abandon';

export interface ConsentProfile {
  /** `requested`: all of them. Else the user grants only those of them that are listed. */
  readonly grantedScopes: 'requested' | readonly string[];
}

export interface CodeProfile {
  readonly lifetimeSeconds: number;
  readonly bytes: number;
  readonly redirectUri: 'ignored' | 'enforced';
  readonly refusalError: DeadTokenError;
}

export type DeadTokenError = 'access_denied' | 'invalid_grant';
export interface RotationProfile extends RotationRules {
  /** A refresh token younger than this is not replaced. */
  readonly afterDays: number;
  readonly staleError: DeadTokenError;
}

export interface RefreshProfile extends LifeRules {
  /** `new` rotates; the others leave the presented token in place and say so in three ways. */
  readonly response: 'new' | 'same' | 'omit' | 'empty';
  /** For refresh tokens that are expired or revoked (a spent one gets `rotation.staleError`). */
  readonly deadError: DeadTokenError;
  /** What a narrower `scope` on a refresh does. */
  readonly scopeParameter: 'narrows-access-token' | 'shrinks-grant' | 'ignored';
  /** Scopes that the credential or the user has lost since the consent: new access tokens lack them. */
  readonly withheldScopes: readonly string[];
}

export interface AccessProfile {
  readonly lifetimeSeconds: number;
  /** `milliseconds` puts the wrong unit on v2 and v3. */
  readonly expiresInUnit: 'as-documented' | 'milliseconds';
  /** `rtea`: the end of the refresh token, a claim of the access token. */
  readonly rtea: 'present' | 'absent';
}

export interface TokensProfile {
  readonly shape: 'jwt' | 'opaque';
  /** Access and refresh tokens are padded to at least this length. */
  readonly bytes: number;
  /** `hs256` keeps the shape but is cheap; for long simulations. ID tokens are always RS256. */
  readonly signing: 'rs256' | 'hs256';
  readonly base64: 'unpadded' | 'padded';
}

export interface IdTokenProfile {
  /** Adobe's documents disagree: the bare host, or the host with `/ims`. */
  readonly issuer: 'host' | 'host-ims';
  readonly kid: 'ims' | 'ims_na1-key-1';
  readonly x5u: 'absent' | 'bare-file-name';
  readonly defect:
    | 'none'
    | 'wrong-nonce'
    | 'no-nonce'
    | 'wrong-audience'
    | 'expired'
    | 'bad-signature'
    | 'malformed';
}

export interface UserActionProfile {
  /** Where Adobe asks the user to act first (accept terms, verify an address). */
  readonly at: 'nowhere' | 'refresh' | 'callback' | 'both';
  readonly error: string;
  readonly jump: string | null;
}

export interface RevocationProfile {
  readonly unknownToken: 200 | 400;
  readonly reach: RevocationReach;
}

export interface UserinfoProfile {
  readonly emailVerified: 'boolean' | 'string';
}

export type ImsProfileChange = { readonly [Section in keyof ImsProfile]?: Partial<ImsProfile[Section]> };

/** The sections one user may have differently from the rest. */
export type ImsUserProfileChange = Pick<
  ImsProfileChange,
  'consent' | 'rotation' | 'refresh' | 'access' | 'tokens' | 'userAction'
>;

export const defaultImsProfile: ImsProfile = {
  credential: {
    clientId: 'stand-in-client',
    clientSecrets: ['p8e-stand-in_secret'],
    type: 'web-app',
    scopes: [
      'openid',
      'AdobeID',
      'email',
      'profile',
      'address',
      'offline_access',
      'lr_partner_apis',
      'lr_partner_rendition_apis',
      'additional_info.roles',
      'creative_sdk',
    ],
    redirectUriPatterns: ['http://(127\\.0\\.0\\.1|localhost):[0-9]+/.*', 'https://localhost:[0-9]+/.*'],
    defaultRedirectUri: 'http://127.0.0.1:8000/callback',
    status: 'production',
    betaEmails: [],
    nonBetaAnswer: 'error-page',
    nonBetaError: 'access_denied',
  },
  clientAuthentication: {
    accepted: ['basic', 'body'],
    refusalStatus: 400,
    parameters: 'body-or-query',
    multipart: 'accepted',
  },
  authorize: { automatic: null, stateOnError: 'replayed', errorDescription: 'present', iss: 'absent' },
  consent: { grantedScopes: 'requested' },
  code: { lifetimeSeconds: 600, bytes: 1_100, redirectUri: 'ignored', refusalError: 'access_denied' },
  rotation: {
    mode: 'strict',
    afterDays: 0,
    graceSeconds: 60,
    graceEndsOnUse: false,
    staleError: 'access_denied',
  },
  refresh: {
    response: 'new',
    lifetimeSeconds: 14 * 86_400,
    lifetime: 'sliding',
    deadError: 'invalid_grant',
    scopeParameter: 'narrows-access-token',
    withheldScopes: [],
  },
  access: { lifetimeSeconds: 86_399, expiresInUnit: 'as-documented', rtea: 'present' },
  tokens: { shape: 'jwt', bytes: 1_200, signing: 'rs256', base64: 'unpadded' },
  idToken: { issuer: 'host', kid: 'ims_na1-key-1', x5u: 'absent', defect: 'none' },
  userAction: {
    at: 'nowhere',
    error: 'ride_AdobeID_acct_terms',
    jump: 'https://ims-stand-in.invalid/accept-terms',
  },
  revocation: { unknownToken: 200, reach: 'token' },
  userinfo: { emailVerified: 'boolean' },
};

/** Merges section by section, so that a change names only what differs. */
export function withProfileChange<Profile extends ImsProfileChange>(
  base: Profile,
  change: ImsProfileChange,
): Profile {
  const merged: Record<string, unknown> = { ...base };
  for (const [section, values] of Object.entries(change)) {
    merged[section] = { ...(merged[section] as object | undefined), ...values };
  }
  return merged as Profile;
}
