import { Token } from 'aws-cdk-lib';
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

/** The value of a setting, or a key of it. */
export interface PrematureToken {
  readonly path: string;
  readonly part: 'value' | 'key';
}

/** The first setting that is a token, or has one as a key, where synthesis needs the text. */
export function prematureToken(value: unknown, path = ''): PrematureToken | undefined {
  if (isToken(value)) {
    return DEPLOY_TIME_SETTINGS.some((setting) => setting.test(path)) ? undefined : { path, part: 'value' };
  }
  if (!isListOrRecord(value)) return undefined;
  for (const [key, member] of Object.entries(value)) {
    if (isToken(key)) return { path, part: 'key' };
    const found = prematureToken(member, path === '' ? key : `${path}.${key}`);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** Checks what is known at synthesis. */
export function whenKnown(accepts: (value: string) => boolean, message: string) {
  return v.check((value: string) => isUnknown(value) || accepts(value), message);
}

const TOKEN_IN_TEXT = /\$\{Token\[[^\]]*\]\}/g;

/**
 * A URL with stand-ins for its tokens, so that what is known of it can be checked. A token at the start may be a whole URL, and
 * one further on a host, a port or a part of the path.
 */
export function withStandIns(url: string): string {
  // Its text may be a URL without a scheme, and a path where there will be none.
  if (isLookedUpLater(url)) return 'https://1';
  return url.replace(TOKEN_IN_TEXT, (_token, at: number) => (at === 0 ? 'https://1' : '1'));
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
