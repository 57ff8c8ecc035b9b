import { isSecureUrl as isSecure } from '../../client/contract.ts';

/** One scope-token of RFC 6749 §3.3, without the comma, which Adobe reads as a delimiter. */
export const SCOPE = /^[\x21\x23-\x2b\x2d-\x5b\x5d-\x7e]+$/;

const DOMAIN_NAME = /^(?=.{4,253}$)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,63}$/;

export function isDomainName(value: string): boolean {
  return DOMAIN_NAME.test(value);
}

/** @see https://docs.aws.amazon.com/Route53/latest/APIReference/API_GetHostedZone.html */
export const HOSTED_ZONE_ID = /^[A-Z0-9]{1,32}$/;

export const CERTIFICATE_ARN = /^arn:aws[a-z-]*:acm:[a-z0-9-]+:\d{12}:certificate\/[0-9a-f-]+$/;

export const CERTIFICATE_IN_US_EAST_1 = /^arn:aws[a-z-]*:acm:us-east-1:\d{12}:certificate\/[0-9a-f-]+$/;

/** What every service takes in the keys and values of tags. */
export const TAG_TEXT = /^[\p{L}\p{Z}\p{N}+\-=._:/@]+$/u;

export const RESERVED_TAG = /^aws:/i;

/** The tag that holds the vault's name: activate it for cost allocation, and the bill shows each vault. */
export const VAULT_TAG = 'adobe-token-vault';

export const KEY_ARN = /^arn:aws[a-z-]*:kms:[a-z0-9-]+:\d{12}:key\/[0-9a-z-]{1,64}$/;

export const MULTI_REGION_KEY_ARN = /^arn:aws[a-z-]*:kms:[a-z0-9-]+:\d{12}:key\/mrk-[0-9a-f]{32}$/;

export const TOPIC_ARN = /^arn:aws[a-z-]*:sns:[a-z0-9-]+:\d{12}:[A-Za-z0-9_-]{1,256}$/;

/** One line of plain text: no control characters, and nothing that turns the direction of writing. */
export const DISPLAY_NAME = /^[^\p{C}\p{Zl}\p{Zp}]+$/u;

export function isSecureUrl(value: string): boolean {
  return URL.canParse(value) && isSecure(new URL(value));
}

export function isReturnUrl(value: string): boolean {
  return isSecureUrl(value) && !value.includes('#');
}

export function isOrigin(value: string): boolean {
  if (!URL.canParse(value)) return false;
  const { origin, href } = new URL(value);
  return href === `${origin}/`;
}

/** What a link on a page may lead to. */
export function isSupportUrl(value: string): boolean {
  if (!URL.canParse(value)) return false;
  const { protocol, username, pathname } = new URL(value);
  return protocol === 'mailto:'
    ? /^[^@\s]+@[^@\s]+$/.test(pathname)
    : protocol === 'https:' && username === '';
}
