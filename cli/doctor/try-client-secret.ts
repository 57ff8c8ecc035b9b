import { PlatformError } from '../../functions/core/platform-error.ts';
import type { ClientSecretSource, Ims } from '../../functions/core/ports/ims.ts';
import { Secret } from '../../functions/core/secret.ts';
import type { ClientSecretFacts } from './vault-facts.ts';

const ANSWER_TIMEOUT_MS = 15_000;
/** Not a token of anybody's: Adobe can do nothing but refuse it. */
const NO_TOKEN = new Secret('adobe-token-vault-doctor-asks-about-the-client-secret');

/**
 * Is the client secret there, and does Adobe know it? Asked with a refresh token that nobody has: a wrong secret is
 * `invalid_client`, a right one gets as far as the token. Costs no grant anything.
 */
export async function tryClientSecret(
  source: ClientSecretSource,
  ims: Pick<Ims, 'refresh'>,
): Promise<ClientSecretFacts> {
  const secrets = await source.read().catch((error: unknown) => {
    if (error instanceof PlatformError && error.reason === 'malformed') return 'malformed' as const;
    throw error;
  });
  if (secrets === 'malformed') return secrets;
  if (secrets === 'not-configured') return 'empty';
  const tokens = { refreshToken: NO_TOKEN, timeoutMs: ANSWER_TIMEOUT_MS };
  const { kind, ...answer } = await ims.refresh({ ...tokens, clientSecret: secrets.current });
  if (kind === 'refused') return 'accepted';
  return kind === 'misconfigured' &&
    'error' in answer &&
    /invalid_client|unauthorized/.test(answer.error ?? '')
    ? 'refused'
    : 'unclear';
}
