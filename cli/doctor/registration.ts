import { isLoopback } from '../../client/contract.ts';

/** What to enter in the Adobe Developer Console. */
export interface Registration {
  readonly uri: string;
  /** A regular expression that matches this URI alone. */
  readonly pattern: string;
  /** Why Adobe would not take it. */
  readonly problems: readonly string[];
}

/** Limits of the console's two fields. */
const LONGEST_URI = 256;
const LONGEST_PATTERN = 512;

/** @param imsBaseUrl an IMS on this machine takes http of this machine too */
export function registration(callbackUrl: string, imsBaseUrl: string): Registration {
  const pattern = callbackUrl.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&');
  const isLocal = (url: string) => URL.canParse(url) && isLoopback(new URL(url));
  const secure = callbackUrl.startsWith('https://') || (isLocal(callbackUrl) && isLocal(imsBaseUrl));
  const problems = [
    ...(secure ? [] : [`Adobe takes https redirect URIs only, not ${callbackUrl}.`]),
    ...(callbackUrl.length <= LONGEST_URI
      ? []
      : [`${callbackUrl} is longer than ${LONGEST_URI} characters.`]),
    ...(pattern.length <= LONGEST_PATTERN
      ? []
      : [`The pattern is longer than ${LONGEST_PATTERN} characters.`]),
    ...(callbackUrl.includes(',') ? ['A comma ends a pattern, so no redirect URI may have one.'] : []),
  ];
  return { uri: callbackUrl, pattern, problems };
}
