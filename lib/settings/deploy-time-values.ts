import { Reference, Token, Tokenization } from 'aws-cdk-lib';
import * as v from 'valibot';

/**
 * Settings that only the template needs. They may be values that CloudFormation knows only at deployment, such as
 * `certificate.certificateArn` or an SSM parameter. The CDK calls these values tokens.
 */
const DEPLOY_TIME_SETTINGS: readonly RegExp[] = [
  /^clientId$/,
  /^returnUrls\.\d+$/,
  /^imsBaseUrl$/,
  /^(domainName|certificateArn|browserDomainName|browserCertificateArn)$/,
  /^hostedZone\.(hostedZoneId|zoneName)$/,
  /^alarmTopicArn$/,
  /^canaryConnectionId$/,
  /^tokenKeys\.\d+\.(replicaOf|existing)\.(refreshKeyArn|accessKeyArn)$/,
  /^tags\./,
];

const NAMES_NEEDED_BECAUSE = 'the template holds its names as they are';

/** Why the synthesis needs every other setting, as the end of "…, because". */
const NEEDED_BECAUSE: readonly (readonly [setting: RegExp, reason: string])[] = [
  [/^scope(s|Sets)\b/, 'the synthesis compares the scopes with the scope sets'],
  [
    /^returnUrls$/,
    'the synthesis checks each URL: a URL of the list may be a token, the list itself may not',
  ],
  [/^appName$/, 'the synthesis checks the text, which the pages show'],
  [/^supportUrl$/, 'the synthesis checks the link, which the pages show'],
  [/^tokenKeys\b/, 'it decides which keys the template has'],
  [/^(compliance|tracing|dataEvents)$/, 'it decides which resources the template has'],
  [/^hostedZone$/, 'the template needs its id and its name apart'],
  [/^tags$/, NAMES_NEEDED_BECAUSE],
  [
    /^(maxSchedulesPerMinute|throttling|reservedConcurrency|logRetentionDays)\b/,
    'the synthesis checks the number',
  ],
  [
    /^(plainSignIn|storeProfile|revocationScope|deployment|compliance|tracing|dataEvents)$/,
    'the synthesis checks that it is one of the accepted values',
  ],
];
const ANY_SETTING_BECAUSE = 'the synthesis checks every setting';

/** What is wrong with a setting that is a token, or has one as a key, where synthesis needs the text. */
export interface PrematureToken {
  readonly path: string;
  /** One sentence without its subject, and the token. */
  readonly message: string;
}

/** The first such setting. */
export function prematureToken(value: unknown, path = ''): PrematureToken | undefined {
  if (isToken(value)) {
    if (DEPLOY_TIME_SETTINGS.some((setting) => setting.test(path))) return undefined;
    return { path, message: `must be known at synthesis, because ${reasonOf(path)}. ${tokenInWords(value)}` };
  }
  if (!isListOrRecord(value)) return undefined;
  for (const [key, member] of Object.entries(value)) {
    if (isToken(key)) {
      const message = `must have keys that are known at synthesis, because ${NAMES_NEEDED_BECAUSE}. ${tokenInWords(key)}`;
      return { path, message };
    }
    const found = prematureToken(member, path === '' ? key : `${path}.${key}`);
    if (found !== undefined) return found;
  }
  return undefined;
}

function reasonOf(path: string): string {
  const [, reason] = NEEDED_BECAUSE.find(([setting]) => setting.test(path)) ?? [];
  return reason ?? ANY_SETTING_BECAUSE;
}

/** Where the value comes from, if the CDK knows: its text is a number such as `${Token[TOKEN.12]}`. */
function tokenInWords(value: unknown): string {
  const [origin] = tokensIn(value).filter((token) => Reference.isReference(token));
  const what = origin === undefined ? JSON.stringify(String(value)) : `a value of ${origin.target.node.path}`;
  return `It is ${what}, which is known only at deployment (a CDK token).`;
}

function tokensIn(value: unknown): readonly unknown[] {
  if (typeof value === 'string') return Tokenization.reverseString(value).tokens;
  return [Tokenization.reverse(value)];
}

/** Checks what is known at synthesis. */
export function whenKnown(accepts: (value: string) => boolean, message: string) {
  return v.check((value: string) => isUnknown(value) || accepts(value), message);
}

const TOKEN_IN_TEXT = /\$\{Token\[[^\]]*\]\}/g;

/**
 * A URL with stand-ins for its tokens, so that what is known of it can be checked. A token at the start may be a whole URL, one
 * after a colon is a port, and one further on a part of the host or of the path. A host that ends in a number would be an
 * address: `api.url` of an HTTP API ends in the token of `amazonaws.com`.
 */
export function withStandIns(url: string): string {
  // Its text may be a URL without a scheme, and a path where there will be none.
  if (isLookedUpLater(url)) return 'https://token';
  return url.replace(TOKEN_IN_TEXT, (_token, at: number) => {
    if (at === 0) return 'https://token';
    return url[at - 1] === ':' ? '1' : 'token';
  });
}

export function isToken(value: unknown): boolean {
  return Token.isUnresolved(value);
}

/**
 * A context lookup, such as `StringParameter.valueFromLookup`, begins with a text of the CDK's. The command line of the CDK looks
 * the value up only if this first synthesis succeeds, and then synthesises again.
 */
export function isLookedUpLater(value: unknown): boolean {
  return typeof value === 'string' && value.includes('dummy-value-for-');
}

/** Not known now: it becomes known later in the synthesis, or at deployment. */
export function isUnknown(value: unknown): boolean {
  return isToken(value) || isLookedUpLater(value);
}

/** Not an object of the CDK, such as a hosted zone: its members lead to the whole app. */
function isListOrRecord(value: unknown): value is object {
  if (Array.isArray(value)) return true;
  return typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype;
}
