import { isoTime } from '../../functions/core/moment.ts';
import type { ReceivedTokens } from '../../functions/core/ports/ims.ts';
import { Secret } from '../../functions/core/secret.ts';
import { askAboutOldToken } from './old-token.ts';
import type { ProbeReport } from './probe-report.ts';
import { createProbeSteps, type ProbeDeps, type ProbeSteps, ProbeStopped } from './probe-steps.ts';
import { askAboutRevocation } from './revocation.ts';
import { refreshEndMs, sameToken } from './token-facts.ts';

/** Not a token of anybody's. */
const NO_TOKEN = new Secret('adobe-token-vault-probe-asks-about-unknown-tokens');
/** Apart enough that an end which moves along is seen to move. */
const APART_MS = 3_000;

/** Uses up one spare grant to find out how Adobe treats the credential. Nothing of it is left alive, as far as Adobe answers. */
export async function runProbe(deps: ProbeDeps, spare: Secret): Promise<ProbeReport> {
  const steps = createProbeSteps(deps);
  let stopped: string | undefined;
  try {
    stopped = await askEverything(deps, steps, spare);
  } catch (error) {
    if (!(error instanceof ProbeStopped)) throw error;
    stopped = error.message;
  }
  if (steps.seen.size > 0) await leaveNothing(steps, spare);
  const { answers, debugIds } = steps;
  return { answers, debugIds, ...(stopped !== undefined && { stopped }) };
}

/** An old token may be good on its own, and nobody else knows the new ones: once it was spent, the grant must not live on. */
async function leaveNothing(steps: ProbeSteps, spare: Secret): Promise<void> {
  for (const token of [spare, ...steps.seen]) {
    await steps.revoke(token).catch((error: unknown) => {
      if (!(error instanceof ProbeStopped)) throw error;
    });
  }
}

/** Answers why it could not go on, if so. */
async function askEverything(deps: ProbeDeps, steps: ProbeSteps, spare: Secret): Promise<string | undefined> {
  deps.progress('Asking with a token that nobody has …');
  await askAboutUnknownTokens(steps);

  deps.progress('Refreshing once …');
  const first = await steps.refresh(spare);
  if ('refused' in first) {
    steps.answer(
      'error-revoked-token',
      first.refused,
      'The spare grant was dead already: expired, revoked or spent.',
    );
    return 'The spare grant is dead: let a user consent once more, and probe with the new token.';
  }
  tellAboutAnswer(steps, first, spare);
  await deps.sleep(APART_MS);

  const rotated = first.refreshToken !== undefined && !sameToken(first.refreshToken, spare);
  const current = first.refreshToken ?? spare;
  deps.progress(rotated ? 'Using the old token once more …' : 'Refreshing once more …');
  const second = await askAboutOldToken(deps, steps, { old: spare, current, rotated });
  if (second === undefined) {
    return 'The use of an old token ended the whole grant, so nothing more could be asked.';
  }
  tellAboutSliding(steps, first, second);
  return askAboutRevocation(deps, steps, { current: second.refreshToken ?? current, tokens: second });
}

async function askAboutUnknownTokens(steps: ProbeSteps): Promise<void> {
  const said = await steps.refresh(NO_TOKEN);
  if (!('refused' in said)) throw new ProbeStopped('Adobe answered tokens for a token that nobody has.');
  steps.answer('error-unknown-token', said.refused, 'What a refresh with a made-up token is answered.');
  const revoked = await steps.revoke(NO_TOKEN);
  if (typeof revoked === 'object') {
    const detail = 'With 400 and a word that does not name the token: the vault asks again, hourly at most.';
    steps.answer('revoking-unknown-token', revoked.error, detail);
    return;
  }
  steps.answer(
    'revoking-unknown-token',
    revoked ? 'accepted' : 'refused',
    revoked
      ? 'As RFC 7009 demands: 200, also for what is not there.'
      : 'With 400 and a word that names the token: the vault reads it as "already gone".',
  );
}

function tellAboutAnswer(steps: ProbeSteps, first: ReceivedTokens, spare: Secret): void {
  const { refreshToken } = first;
  if (refreshToken === undefined) {
    steps.answer('rotation', 'no', 'The answer brings no refresh token: the present one goes on.');
  } else if (sameToken(refreshToken, spare)) {
    steps.answer(
      'rotation',
      'no',
      'The answer repeats the token. A credential that rotates once a week looks like this while it is young.',
    );
  } else {
    steps.answer('rotation', 'yes', 'Every refresh brings a new refresh token.');
  }
  const { rteaMs, refreshTokenExpiresAtMs } = first.hints;
  const endMs = rteaMs ?? refreshTokenExpiresAtMs;
  const where = rteaMs === undefined ? "the refresh token's own claims" : 'rtea in the access token';
  steps.answer(
    'end-readable',
    endMs === undefined ? 'no' : 'yes',
    endMs === undefined ? 'The vault counts 14 days from the consent.' : `${isoTime(endMs)}, by ${where}.`,
  );
  const { anomalies, accessToken } = first;
  const inMilliseconds = anomalies.includes('expires-in-milliseconds');
  const unit = anomalies.some((word) => /^expires-in-(missing|implausible)$/.test(word))
    ? 'missing'
    : inMilliseconds
      ? 'milliseconds'
      : 'seconds';
  steps.answer(
    'expires-in',
    unit,
    `Access tokens live for ${accessToken?.expiresInSeconds ?? 'an unknown number of'} seconds.`,
  );
}

function tellAboutSliding(steps: ProbeSteps, first: ReceivedTokens, second: ReceivedTokens): void {
  const [before, after] = [refreshEndMs(first), refreshEndMs(second)];
  if (before === undefined || after === undefined) {
    steps.answer(
      'sliding',
      'unknown',
      'The end of the refresh token cannot be read: ask Adobe, or wait 14 days.',
    );
    return;
  }
  const slides = after - before >= APART_MS / 2;
  steps.answer(
    'sliding',
    slides ? 'yes' : 'no',
    slides
      ? 'Each refresh moves the end: grants live as long as they are refreshed.'
      : 'A refresh does not move the end: users have to consent again. Lightroom credentials need extra set-up by Adobe for that.',
  );
}
