import type { ClientSecretSource, ClientSecrets, TokenAnswer } from './ports/ims.ts';
import type { Secret } from './secret.ts';

const NAMES_THE_CREDENTIAL = new Set(['invalid_client', 'unauthorized']);

/** `unauthorized` is a 401 without words about a token (RFC 6749 §5.2: the client could not be authenticated). */
export function isCredentialError(error: string): boolean {
  return NAMES_THE_CREDENTIAL.has(error);
}

/** A request to IMS that authenticates with the client secret. */
export interface SecretTrial<Posted extends { readonly answer: TokenAnswer }> {
  readonly clientSecrets: ClientSecrets;
  readonly post: (clientSecret: Secret) => Promise<Posted>;
  /** Whether there is time for one more request. */
  readonly hasTime: () => boolean;
}

/**
 * Posts with the current client secret and, while IMS refuses the credential, with each other one. A request whose
 * credential was refused used up neither a code nor a refresh token (RFC 6749 §5.2). If IMS refuses all of them, returns
 * the first answer. Revocations have a loop of their own (rotation/revoke-at-ims.ts): their answers are of another kind.
 */
export async function postWithEachSecret<Posted extends { readonly answer: TokenAnswer }>(
  clientSecret: ClientSecretSource,
  { clientSecrets, post, hasTime }: SecretTrial<Posted>,
): Promise<Posted> {
  const first = await post(clientSecrets.current);
  if (!isSecretRefused(first.answer)) return first;
  for (const secret of await otherSecrets(clientSecret, clientSecrets)) {
    if (!hasTime()) return first;
    const next = await post(secret);
    if (!isSecretRefused(next.answer)) return next;
  }
  return first;
}

function isSecretRefused(answer: TokenAnswer): boolean {
  return answer.kind === 'misconfigured' && isCredentialError(answer.error);
}

/** The previous secret, and what the operator has stored since ours was read. */
async function otherSecrets(
  clientSecret: ClientSecretSource,
  { current, previous }: ClientSecrets,
): Promise<readonly Secret[]> {
  const stored = await clientSecret.read({ fresh: true }).catch(() => 'not-configured' as const);
  const candidates = stored === 'not-configured' ? [previous] : [previous, stored.current, stored.previous];
  const tried = new Set([current.reveal()]);
  return candidates
    .filter((secret) => secret !== undefined)
    .filter((secret) => !tried.has(secret.reveal()) && tried.add(secret.reveal()));
}
