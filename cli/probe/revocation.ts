import type { ReceivedTokens } from '../../functions/core/ports/ims.ts';
import type { Secret } from '../../functions/core/secret.ts';
import { type ProbeDeps, type ProbeSteps, ProbeStopped } from './probe-steps.ts';

interface LiveGrant {
  readonly current: Secret;
  readonly tokens: ReceivedTokens;
}

/** Revokes an access token, then the refresh token. Answers why it could not ask everything, if so. */
export async function askAboutRevocation(
  deps: ProbeDeps,
  steps: ProbeSteps,
  { current, tokens }: LiveGrant,
): Promise<string | undefined> {
  if (tokens.accessToken === undefined) return 'Adobe answered without an access token.';
  deps.progress('Revoking an access token …');
  await revoke(steps, tokens.accessToken.token);
  const gone = (await deps.isTaken(tokens.accessToken.token)) === false;
  const next = await steps.refresh(current);
  if ('refused' in next) {
    steps.answer(
      'revoking-access-token',
      'ends-grant',
      'It ends the refresh token as well: leave the setting revocationScope alone.',
    );
    steps.answer('error-revoked-token', next.refused, 'What a refresh with a revoked token is answered.');
    return 'Revoking an access token ended the whole grant, so nothing more could be asked.';
  }
  steps.answer(
    'revoking-access-token',
    gone ? 'token-alone' : 'not-ended',
    gone
      ? "It ends that token and not its grant. Whether it ends the user's other grants, one grant cannot tell; if it does not, set revocationScope to token."
      : 'The grant lives on, and Adobe still takes the access token.',
  );
  await revokeGrant(deps, steps, { current: next.refreshToken ?? current, tokens: next });
  return undefined;
}

async function revoke(steps: ProbeSteps, token: Secret): Promise<void> {
  const said = await steps.revoke(token);
  if (typeof said !== 'object') return;
  throw new ProbeStopped(`Adobe refused the request when asked to revoke (${said.error}).`);
}

async function revokeGrant(
  deps: ProbeDeps,
  steps: ProbeSteps,
  { current, tokens }: LiveGrant,
): Promise<void> {
  deps.progress('Revoking the refresh token …');
  await revoke(steps, current);
  const taken = tokens.accessToken && (await deps.isTaken(tokens.accessToken.token));
  const [answer, detail] = CASCADES[String(taken)] ?? CASCADES.undefined;
  steps.answer('revoking-refresh-token', answer, detail);
  const again = await steps.refresh(current);
  if ('refused' in again) {
    steps.answer('error-revoked-token', again.refused, 'What a refresh with a revoked token is answered.');
  } else {
    steps.answer('error-revoked-token', 'none', 'A refresh with the revoked token still succeeds.');
  }
}

type Cascade = readonly [answer: string, detail: string];

const CASCADES: Readonly<Record<string, Cascade>> & { readonly undefined: Cascade } = {
  true: ['token-alone', 'Its access token is still taken: the vault revokes both.'],
  false: ['cascades', 'It ends the access token made from it.'],
  undefined: ['unknown', 'Adobe did not say whether it still takes the access token.'],
};
