import { AccessDeniedError } from './vault-error.ts';

/** An API Gateway message for a denied action holds two ARNs. */
const MAX_CHARACTERS = 400;
/** Credentials, signatures and tokens are at least this long, and words are not. */
const SECRET_LENGTH = 32;
const ARN = /^["'(]?arn:[a-z-]+:[^\s]+$/;
/** The longest name of a role or a session. */
const LONGEST_ARN_PART = 64;

/**
 * What an AWS service said, fit for an error message: one line of printable ASCII, shortened, without anything that could be
 * a secret. After a line break API Gateway repeats the request it expected, and the session token with it.
 */
export function wordsOfService(text: unknown): string | undefined {
  if (typeof text !== 'string') return undefined;
  const [line = ''] = text.trim().split(/[\p{Cc}\p{Zl}\p{Zp}]|The Canonical String/u, 1);
  const words = line
    .replaceAll(/[^\x20-\x7e]/g, '')
    .replaceAll(/\S+/g, (word) => (mayBeSecret(word) ? '[redacted]' : word))
    .trim();
  if (words === '') return undefined;
  return words.length <= MAX_CHARACTERS ? words : `${words.slice(0, MAX_CHARACTERS)}…`;
}

function mayBeSecret(word: string): boolean {
  if (word.length < SECRET_LENGTH) return false;
  return !ARN.test(word) || word.split(/[:/]/).some((part) => part.length > LONGEST_ARN_PART);
}

/** What a message of API Gateway means. The first that fits counts. */
const CAUSES: readonly (readonly [said: RegExp, means: string])[] = [
  [
    /expired|not yet current|is now (?:earlier|later)/i,
    'The AWS credentials have expired, or the clock of this machine is wrong.',
  ],
  [/not authorized/i, 'IAM does not allow this caller to use this connection.'],
  [
    /missing authentication token/i,
    'The URL is not the one of the vault, or the signature was removed on the way.',
  ],
  [/security token|signature/i, 'The AWS credentials are not valid, or the request was changed on the way.'],
];
/** An HTTP API says `Forbidden` in each of these cases. */
const ANY_CAUSE =
  'Possible causes: IAM does not allow this caller to use this connection; the AWS credentials have expired; the clock of this machine is wrong; or private DNS of an execute-api endpoint in this VPC takes requests to the vault.';

/**
 * A 403 without a code of the vault: it never reached the vault.
 * @see https://repost.aws/knowledge-center/api-gateway-troubleshoot-403-forbidden
 */
export function gatewayRefusal(
  body: Readonly<Record<string, unknown>>,
  clockErrorMs: number,
): AccessDeniedError {
  const gatewayMessage = wordsOfService(body.message ?? body.Message);
  const said = gatewayMessage === undefined ? 'without a message' : `with the message "${gatewayMessage}"`;
  const [, means = ANY_CAUSE] = CAUSES.find(([pattern]) => pattern.test(gatewayMessage ?? '')) ?? [];
  return new AccessDeniedError(
    `A gateway refused the request before it reached the vault, ${said}. ${means}${clockWords(clockErrorMs)}`,
    {
      ...(gatewayMessage !== undefined && { gatewayMessage }),
    },
  );
}

function clockWords(clockErrorMs: number): string {
  if (clockErrorMs === 0) return '';
  const minutes = Math.round(Math.abs(clockErrorMs) / 60_000);
  return ` The clock of this machine is ${minutes} minutes ${clockErrorMs > 0 ? 'slow' : 'fast'}, by the answer's Date.`;
}
