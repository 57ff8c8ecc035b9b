import * as v from 'valibot';
import type { DeploymentError } from '../deployment-error.ts';
import { isToken, isUnknown, prematureToken, whenKnown, withStandIns } from './deploy-time-values.ts';
import { deploymentSettings } from './deployment-settings.ts';
import { invalidSetting } from './invalid-setting.ts';
import {
  CERTIFICATE_ARN,
  DISPLAY_NAME,
  HOSTED_ZONE_ID,
  isDomainName,
  isOrigin,
  isReturnUrl,
  isSecureUrl,
  isSupportUrl,
  SCOPE,
  TOPIC_ARN,
} from './setting-formats.ts';
import { FIRST_KEY_SET, tokenKeySets } from './token-key-sets.ts';
import type { TokenVaultSettings } from './token-vault-settings.ts';

/** Adobe's production IMS. */
const IMS_BASE_URL = 'https://ims-na1.adobelogin.com';

// Lambda limits the environment of a function as a whole: `constructs/environment-size.ts` measures it.
/** The cookie of a sign-in holds one return URL, and browsers keep cookies of up to 4 KB. */
const MAX_RETURN_URL_CHARACTERS = 2_048;
const MAX_SCOPES_BYTES = 768;
const MAX_SCOPE_SETS = 4;
const MAX_APP_NAME_CHARACTERS = 60;
const MAX_SUPPORT_URL_CHARACTERS = 256;

const text = v.pipe(v.string('must be a text.'), v.trim(), v.nonEmpty('must not be empty.'));

function atLeastOne(message: string) {
  return v.pipe(v.number(message), v.integer(message), v.minValue(1, message));
}

const scope = v.pipe(text, v.regex(SCOPE, 'must be one scope, without spaces, commas or quotes.'));

const scopes = v.pipe(
  v.array(scope, 'must be a list of scopes.'),
  v.check((list) => list.includes('openid'), 'must include openid: Adobe refuses a request without it.'),
  v.check((list) => new Set(list).size === list.length, 'must not name a scope twice.'),
  v.check(
    (list) => list.join(' ').length <= MAX_SCOPES_BYTES,
    `must not exceed ${MAX_SCOPES_BYTES} characters in all.`,
  ),
);

const returnUrls = v.pipe(
  v.array(
    v.pipe(
      text,
      v.check(
        (url) => isReturnUrl(withStandIns(url)),
        'must be an absolute https URL without fragment (http is accepted for loopback hosts only).',
      ),
      v.maxLength(MAX_RETURN_URL_CHARACTERS, `must not exceed ${MAX_RETURN_URL_CHARACTERS} characters.`),
    ),
    'must be a list of URLs.',
  ),
  v.nonEmpty('must name at least one URL that the browser may return to.'),
  v.check((list) => new Set(list).size === list.length, 'must not name a URL twice.'),
);

const imsBaseUrl = v.pipe(
  text,
  v.check(
    (url) => isSecureUrl(withStandIns(url)),
    'must be an absolute https URL (http is accepted for loopback hosts only).',
  ),
  v.check((url) => isOrigin(withStandIns(url)), 'must be a scheme and host alone, without a path.'),
  v.transform((url) => (isUnknown(url) ? url : new URL(url).origin)),
);

/** Scope sets are compared as text, so each has one spelling: sorted, one space between. */
const scopeSets = v.pipe(
  v.array(
    v.pipe(
      text,
      v.transform((set) => [...new Set(set.split(/\s+/))].sort().join(' ')),
    ),
    'must be a list of space-delimited scope sets.',
  ),
  v.maxLength(MAX_SCOPE_SETS, `must not name more than ${MAX_SCOPE_SETS} scope sets.`),
  v.check((list) => new Set(list).size === list.length, 'must not name a scope set twice.'),
);

const positive = 'must be a whole number above 0.';

/** Requests per second, and how many at once. AWS answers 429 above them. */
const throttling = v.strictObject(
  {
    ratePerSecond: v.optional(atLeastOne(positive), 200),
    burst: v.optional(atLeastOne(positive), 400),
    publicRatePerSecond: v.optional(atLeastOne(positive), 20),
    publicBurst: v.optional(atLeastOne(positive), 40),
    callbackRatePerSecond: v.optional(atLeastOne(positive), 5),
    callbackBurst: v.optional(atLeastOne(positive), 20),
  },
  'must be an object.',
);

const appName = v.pipe(
  text,
  v.regex(DISPLAY_NAME, 'must be one line of plain text.'),
  v.maxLength(MAX_APP_NAME_CHARACTERS, `must not exceed ${MAX_APP_NAME_CHARACTERS} characters.`),
);

const supportUrl = v.pipe(
  text,
  v.check(isSupportUrl, 'must be an https URL, or mailto: with one address.'),
  v.maxLength(MAX_SUPPORT_URL_CHARACTERS, `must not exceed ${MAX_SUPPORT_URL_CHARACTERS} characters.`),
);

const logRetentionDays = v.picklist(
  [1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1_096, 1_827, 3_653],
  'must be a number of days that CloudWatch Logs offers, such as 30, 90 or 365.',
);

/** Not strict: a hosted zone of the CDK has more members. */
const hostedZone = v.object(
  {
    hostedZoneId: v.pipe(
      text,
      whenKnown(
        (id) => HOSTED_ZONE_ID.test(id),
        'must be the id of a hosted zone, such as Z0123456789ABCDEFGHIJ.',
      ),
    ),
    zoneName: v.pipe(text, whenKnown(isDomainName, 'must be a domain name.')),
  },
  'must be a hosted zone, with hostedZoneId and zoneName.',
);

/** What a team decides about its vault. One vault = one Adobe credential. */
export const vaultSettings = v.strictObject(
  {
    clientId: text,
    scopes,
    returnUrls,
    appName: v.optional(appName),
    supportUrl: v.optional(supportUrl),
    imsBaseUrl: v.optional(imsBaseUrl, IMS_BASE_URL),
    domainName: v.optional(v.pipe(text, whenKnown(isDomainName, 'must be a host name.'))),
    certificateArn: v.optional(
      v.pipe(
        text,
        whenKnown(
          (arn) => CERTIFICATE_ARN.test(arn),
          'must be the ARN of a certificate in AWS Certificate Manager.',
        ),
      ),
    ),
    hostedZone: v.optional(hostedZone),
    scopeSets: v.optional(scopeSets, []),
    plainSignIn: v.optional(v.boolean('must be true or false.'), true),
    storeProfile: v.optional(v.boolean('must be true or false.'), false),
    revocationScope: v.optional(
      v.picklist(['unknown', 'token', 'user'], 'must be unknown, token or user.'),
      'unknown',
    ),
    maxSchedulesPerMinute: v.optional(atLeastOne(positive), 120),
    throttling: v.optional(throttling, {}),
    tokenKeys: v.optional(tokenKeySets, FIRST_KEY_SET),
    logRetentionDays: v.optional(logRetentionDays),
    alarmTopicArn: v.optional(
      v.pipe(
        text,
        whenKnown((arn) => TOPIC_ARN.test(arn), 'must be the ARN of a standard topic in Amazon SNS.'),
      ),
    ),
    ...deploymentSettings,
  },
  'must be an object.',
);

type ParsedSettings = v.InferOutput<typeof vaultSettings>;

/** `TokenVaultSettings` after the check, with every default filled in. The compliance level decides some of them. */
export type VaultSettings = Omit<ParsedSettings, keyof LevelSettings> & LevelSettings;

interface LevelSettings {
  readonly logRetentionDays: NonNullable<ParsedSettings['logRetentionDays']>;
  readonly tracing: boolean;
  readonly dataEvents: boolean;
}

/** Parses the settings; a bad one throws a `DeploymentError` whose one sentence names it. */
export function parseVaultSettings(input: unknown): VaultSettings {
  const premature = prematureToken(input);
  if (premature !== undefined) throw invalidSetting(premature.path, premature.message);
  assertZoneIsKnown(input);
  const result = v.safeParse(vaultSettings, input);
  if (!result.success) throw settingError(result.issues[0]);
  const settings = withLevel(result.output);
  assertTogether(settings);
  return settings;
}

/** A year, as the control for log groups asks. */
const STRICT_RETENTION_DAYS = 365;

function withLevel(settings: ParsedSettings): VaultSettings {
  const isStrict = settings.compliance === 'strict';
  const { logRetentionDays, tracing, dataEvents } = settings;
  if (isStrict && logRetentionDays !== undefined && logRetentionDays < STRICT_RETENTION_DAYS) {
    const message = `must be at least ${STRICT_RETENTION_DAYS} with vault.compliance strict.`;
    throw invalidSetting('logRetentionDays', message, logRetentionDays);
  }
  if (isStrict && tracing === false) {
    throw invalidSetting('tracing', 'must not be false with vault.compliance strict.', tracing);
  }
  return {
    ...settings,
    logRetentionDays: logRetentionDays ?? (isStrict ? STRICT_RETENTION_DAYS : 90),
    tracing: tracing ?? isStrict,
    dataEvents: dataEvents ?? isStrict,
  };
}

/** `HostedZone.fromHostedZoneId` of the CDK makes a zone that throws when its name is read. */
function assertZoneIsKnown(input: unknown): void {
  try {
    void (input as Partial<TokenVaultSettings> | null)?.hostedZone?.zoneName;
  } catch {
    throw invalidSetting(
      'hostedZone.zoneName',
      'must be known: import the zone with HostedZone.fromHostedZoneAttributes() or fromLookup().',
    );
  }
}

function assertTogether(settings: VaultSettings): void {
  const { domainName, certificateArn, hostedZone, scopes, scopeSets } = settings;
  if ((domainName === undefined) !== (certificateArn === undefined)) {
    const missing = domainName === undefined ? 'domainName' : 'certificateArn';
    throw invalidSetting(
      missing,
      'must be set too: a custom domain needs both domainName and certificateArn.',
    );
  }
  if (hostedZone !== undefined) {
    if (domainName === undefined) {
      throw invalidSetting('domainName', 'must be set too: the record in vault.hostedZone is for it.');
    }
    if (![domainName, hostedZone.zoneName].some(isUnknown) && !isWithin(domainName, hostedZone.zoneName)) {
      throw invalidSetting('domainName', `must be ${hostedZone.zoneName} or a name below it.`, domainName);
    }
  }
  if (settings.browserCertificateArn !== undefined) {
    if (settings.browserDomainName === undefined) {
      throw invalidSetting('browserDomainName', 'must be set too: CloudFront answers under it.');
    }
    if (domainName === undefined) {
      throw invalidSetting('domainName', 'must be set too: CloudFront calls the vault under it.');
    }
  }
  if (settings.browserDomainName !== undefined && settings.browserDomainName === domainName) {
    throw invalidSetting(
      'browserDomainName',
      'must differ from vault.domainName, which signed callers use.',
      domainName,
    );
  }
  for (const [index, set] of scopeSets.entries()) {
    const foreign = set.split(' ').find((scope) => !scopes.includes(scope));
    if (foreign !== undefined) {
      throw invalidSetting(
        `scopeSets.${index}`,
        `must only name scopes of vault.scopes, which lacks ${foreign}.`,
        set,
      );
    }
  }
}

function isWithin(domainName: string, zoneName: string): boolean {
  return domainName === zoneName || domainName.endsWith(`.${zoneName}`);
}

function settingError(issue: v.BaseIssue<unknown>): DeploymentError {
  const path = v.getDotPath(issue);
  if (issue.type === 'strict_object' && issue.expected === 'never') {
    return invalidSetting(path, 'is not a setting of the vault.');
  }
  if (path !== null && issue.received === 'undefined') return invalidSetting(path, 'must be set.');
  if (issue.type === 'string' && isToken(issue.input)) {
    return invalidSetting(path, 'must be a text: write Token.asString(…) around this CDK token.');
  }
  return invalidSetting(path, issue.message, issue.input);
}
