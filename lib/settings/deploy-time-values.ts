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

/** The path of the first setting that is a token where synthesis needs the value. */
export function prematureToken(value: unknown, path = ''): string | undefined {
  if (isToken(value)) return DEPLOY_TIME_SETTINGS.some((setting) => setting.test(path)) ? undefined : path;
  if (!isListOrRecord(value)) return undefined;
  for (const [key, member] of Object.entries(value)) {
    const found = prematureToken(member, path === '' ? key : `${path}.${key}`);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** Checks what is known at synthesis. */
export function whenKnown(accepts: (value: string) => boolean, message: string) {
  return v.check((value: string) => isToken(value) || accepts(value), message);
}

export function isToken(value: unknown): boolean {
  return Token.isUnresolved(value);
}

/** Not an object of the CDK, such as a hosted zone: its members lead to the whole app. */
function isListOrRecord(value: unknown): value is object {
  if (Array.isArray(value)) return true;
  return typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype;
}
