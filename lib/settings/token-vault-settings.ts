import type { FunctionName } from '../packaging/function-names.ts';

/**
 * What you decide about a vault. One vault serves one Adobe credential. The schema in `vault-settings.ts` checks the
 * values.
 *
 * A text that only the template needs may be a value of the CDK that is known at deployment, such as
 * `certificate.certificateArn` or `${api.url}connected`. The error names each setting that must be known earlier.
 *
 * @see docs/generated/settings.md
 * @example
 * ```ts
 * const settings: TokenVaultSettings = {
 *   clientId: '0123456789abcdef0123456789abcdef',
 *   scopes: ['openid', 'offline_access', 'lr_partner_apis'],
 *   returnUrls: ['https://app.example.com/adobe/connected'],
 * };
 * ```
 */
export interface TokenVaultSettings {
  /**
   * Client id of the Adobe credential. One vault serves one credential.
   *
   * @example "0123456789abcdef0123456789abcdef"
   */
  readonly clientId: string;
  /**
   * Scopes that the vault asks for at sign-in. Include `openid`, which the vault requires. Include
   * `offline_access`, or Adobe sends no refresh token.
   *
   * @example ["openid", "offline_access", "lr_partner_apis"]
   */
  readonly scopes: readonly string[];
  /**
   * Pages of your apps to which browsers may return, compared exactly. `https` only, except for loopback hosts.
   *
   * @example ["https://app.example.com/adobe/connected"]
   */
  readonly returnUrls: readonly string[];
  /**
   * Name of your app, shown on the vault's own pages.
   *
   * @default none
   * @example "Photo Desk"
   */
  readonly appName?: string | undefined;
  /**
   * Where users find help when a sign-in fails: an `https` URL, or `mailto:` with one address.
   *
   * @default none
   * @example "https://app.example.com/help"
   */
  readonly supportUrl?: string | undefined;
  /**
   * Scheme and host of Adobe IMS. Change it only for a stand-in of IMS.
   *
   * @default "https://ims-na1.adobelogin.com"
   * @example "https://ims-na1.adobelogin.com"
   */
  readonly imsBaseUrl?: string | undefined;
  /**
   * Custom domain of the API. The API's default host name is then switched off. Requires `certificateArn`.
   *
   * @default none
   * @example "vault.example.com"
   */
  readonly domainName?: string | undefined;
  /**
   * Certificate for `domainName` in AWS Certificate Manager, in the vault's Region.
   *
   * @default none
   * @example "arn:aws:acm:eu-west-1:111122223333:certificate/0a1b2c3d"
   */
  readonly certificateArn?: string | undefined;
  /**
   * Hosted zone of Amazon Route 53 for `domainName`, by id and name, or one of the CDK. The vault adds the DNS record.
   * Without it you create the record yourself.
   *
   * @default none
   * @example { "hostedZoneId": "Z0123456789ABCDEFGHIJ", "zoneName": "example.com" }
   */
  readonly hostedZone?: HostedZoneSettings | undefined;
  /**
   * Narrower scope sets that callers may ask for, each a space-delimited list. At most four. Each scope must be
   * in `scopes`.
   *
   * @default []
   * @example ["openid lr_partner_apis"]
   */
  readonly scopeSets?: readonly string[] | undefined;
  /**
   * Whether a user may sign in through `/authorize` alone. With `false`, users connect only through the link of
   * a consent session.
   *
   * @default true
   * @example false
   */
  readonly plainSignIn?: boolean | undefined;
  /**
   * Whether to store each user's name and e-mail address with the connection. Only the connection's status shows
   * them.
   *
   * @default false
   * @example true
   */
  readonly storeProfile?: boolean | undefined;
  /**
   * What ends at Adobe when the vault revokes one token. Set `token` only if you know that a revocation ends
   * that token alone. The vault treats `user` and `unknown` alike: it does not revoke a token while another
   * connection of the same user is live.
   *
   * @default "unknown"
   * @example "token"
   */
  readonly revocationScope?: 'unknown' | 'token' | 'user' | undefined;
  /**
   * Maximum number of overdue connections that the reconciler reschedules per minute. The limit spreads a
   * backlog over time.
   *
   * @default 120
   * @example 60
   */
  readonly maxSchedulesPerMinute?: number | undefined;
  /**
   * Request limits of the HTTP API. AWS answers 429 above them.
   *
   * @default the defaults of its members
   * @example { "ratePerSecond": 500, "burst": 1000 }
   */
  readonly throttling?: ThrottlingSettings | undefined;
  /**
   * Key sets, each a pair of KMS keys. The vault seals with the first set and opens with all of them. At most
   * four.
   *
   * @default [{ "id": 1 }]
   * @example [{ "id": 2 }, { "id": 1 }]
   */
  readonly tokenKeys?: readonly TokenKeySetSettings[] | undefined;
  /**
   * Number of days to keep logs: one of the periods that CloudWatch Logs offers. If it is not set: 90, or 365 with
   * `compliance: strict`, which refuses a shorter time.
   *
   * @default none
   * @example 400
   */
  readonly logRetentionDays?:
    | 1
    | 3
    | 5
    | 7
    | 14
    | 30
    | 60
    | 90
    | 120
    | 150
    | 180
    | 365
    | 400
    | 545
    | 731
    | 1_096
    | 1_827
    | 3_653
    | undefined;
  /**
   * Your own standard SNS topic for alarms. Without it the vault creates one.
   *
   * @default none
   * @example "arn:aws:sns:eu-west-1:111122223333:on-call"
   */
  readonly alarmTopicArn?: string | undefined;
  /**
   * Level of compliance. `strict` turns on what audits ask for: it keeps logs for a year, encrypts logs, topic and
   * secrets with a key of the vault, protects and backs up every table, and turns on `tracing` and `dataEvents`.
   *
   * @default "standard"
   * @example "strict"
   */
  readonly compliance?: 'standard' | 'strict' | undefined;
  /**
   * Whether AWS X-Ray traces the functions. If it is not set: only with `compliance: strict`, which refuses `false`.
   *
   * @default none
   * @example true
   */
  readonly tracing?: boolean | undefined;
  /**
   * Whether the vault has a CloudTrail trail that records each use of its tables and functions. If it is not set: only
   * with `compliance: strict`. Set it to `false` there if a trail of your organization records these data events.
   *
   * @default none
   * @example false
   */
  readonly dataEvents?: boolean | undefined;
  /**
   * Tags for all resources of the vault, in addition to the vault's own tag. At most 40.
   *
   * @default {}
   * @example { "team": "photos" }
   */
  readonly tags?: Readonly<Record<string, string>> | undefined;
  /**
   * Reserved concurrency by function. Functions that are not named share the account's pool. Lambda keeps 100 runs of
   * the quota `Concurrent executions` unreserved.
   *
   * @default {}
   * @example { "rotate": 20 }
   */
  readonly reservedConcurrency?: { readonly [name in FunctionName]?: number | undefined } | undefined;
  /**
   * How a new version goes live. With `canary` it receives a tenth of the calls for five minutes, and is rolled
   * back if they fail.
   *
   * @default "all-at-once"
   * @example "canary"
   */
  readonly deployment?: 'all-at-once' | 'canary' | undefined;
  /**
   * Canary connection: a connection of yours that the vault rotates every six hours and watches with separate
   * alarms.
   *
   * @default none
   * @example "ops.canary"
   */
  readonly canaryConnectionId?: string | undefined;
  /**
   * Host name of a proxy in front of the browser's routes, such as CloudFront with a firewall.
   *
   * @default none
   * @example "connect.example.com"
   */
  readonly browserDomainName?: string | undefined;
  /**
   * Certificate for `browserDomainName`, in us-east-1. With it the app of this repository adds the CloudFront
   * distribution as a separate stack. Requires `browserDomainName` and `domainName`.
   *
   * @default none
   * @example "arn:aws:acm:us-east-1:111122223333:certificate/0a1b2c3d"
   */
  readonly browserCertificateArn?: string | undefined;
}

/** Requests per second, and how many at once. AWS answers 429 above them. */
export interface ThrottlingSettings {
  /**
   * Requests per second on the signed routes.
   *
   * @default 200
   * @example 500
   */
  readonly ratePerSecond?: number | undefined;
  /**
   * Burst of the signed routes.
   *
   * @default 400
   * @example 1000
   */
  readonly burst?: number | undefined;
  /**
   * Requests per second to `GET /authorize`, for all callers together. The route is public.
   *
   * @default 20
   * @example 10
   */
  readonly publicRatePerSecond?: number | undefined;
  /**
   * Burst of `GET /authorize`.
   *
   * @default 40
   * @example 20
   */
  readonly publicBurst?: number | undefined;
  /**
   * Requests per second to `GET /callback`, for all callers together. An anonymous caller can turn each one into
   * a request to Adobe under the vault's credential.
   *
   * @default 5
   * @example 2
   */
  readonly callbackRatePerSecond?: number | undefined;
  /**
   * Burst of `GET /callback`.
   *
   * @default 20
   * @example 10
   */
  readonly callbackBurst?: number | undefined;
}

/** A hosted zone of Amazon Route 53. An `IHostedZone` of the CDK fits. */
export interface HostedZoneSettings {
  /**
   * Id of the hosted zone.
   *
   * @example "Z0123456789ABCDEFGHIJ"
   */
  readonly hostedZoneId: string;
  /**
   * Domain of the hosted zone. `domainName` is this domain or a name below it.
   *
   * @example "example.com"
   */
  readonly zoneName: string;
}

/** One pair of KMS keys, for refresh tokens and for access tokens. Never change what an id stands for. */
export interface TokenKeySetSettings {
  /**
   * Number of the key set. Never use a number again for other keys.
   *
   * @example 2
   */
  readonly id: number;
  /**
   * Whether the keys are multi-Region keys, so that a vault in another Region can open what they sealed.
   *
   * @default false
   * @example true
   */
  readonly multiRegion?: boolean | undefined;
  /**
   * ARNs of multi-Region keys of another Region. The vault creates replicas of them.
   *
   * @default none
   * @example { "refreshKeyArn": "arn:…", "accessKeyArn": "arn:…" }
   */
  readonly replicaOf?: TokenKeyArns | undefined;
  /**
   * ARNs of keys that this vault created earlier and that are no longer in its stack.
   *
   * @default none
   * @example { "refreshKeyArn": "arn:…", "accessKeyArn": "arn:…" }
   */
  readonly existing?: TokenKeyArns | undefined;
}

/** One pair of KMS keys by ARN. */
export interface TokenKeyArns {
  /** ARN of the key that seals refresh tokens. */
  readonly refreshKeyArn: string;
  /** ARN of the key that seals access tokens. */
  readonly accessKeyArn: string;
}
