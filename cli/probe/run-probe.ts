import { isoTime } from '../../functions/core/moment.ts';
import type { ReceivedTokens } from '../../functions/core/ports/ims.ts';
import { Secret } from '../../functions/core/secret.ts';
import {
  createProbeSteps,
  type ProbeDeps,
  type ProbeReport,
  type ProbeSteps,
  ProbeStopped,
  refreshEndMs,
  sameToken,
} from './probe-steps.ts';

/** Not a token. */
const NO_TOKEN = new Secret('adobe-token-vault-probe-asks-about-unknown-tokens');
/** Long enough to see whether the expiry moves. */
const APART_MS = 3_000;

/** Consumes one spare grant to find out how Adobe treats the credential. It revokes every token of it, as far as Adobe answers. */
export async function runProbe(deps: ProbeDeps, spare: Secret): Promise<ProbeReport> {
  const steps = createProbeSteps(deps);
  let stopped: string | undefined;
  try {
    stopped = await examineEverything(deps, steps, spare);
  } catch (error) {
    if (!(error instanceof ProbeStopped)) throw error;
    stopped = error.message;
  }
  if (steps.seen.size > 0) await revokeEverything(steps, spare);
  const { answers, debugIds } = steps;
  return { answers, debugIds, ...(stopped !== undefined && { stopped }) };
}

/** An old token may still be accepted, and no other process knows the new ones: a consumed grant must not live on. */
async function revokeEverything(steps: ProbeSteps, spare: Secret): Promise<void> {
  for (const token of [spare, ...steps.seen]) {
    await steps.revoke(token).catch((error: unknown) => {
      if (!(error instanceof ProbeStopped)) throw error;
    });
  }
}

/** Returns why it stopped early, if it did. */
async function examineEverything(
  deps: ProbeDeps,
  steps: ProbeSteps,
  spare: Secret,
): Promise<string | undefined> {
  deps.progress('Sending a made-up token …');
  await examineUnknownTokens(steps);

  deps.progress('Refreshing once …');
  const first = await steps.refresh(spare);
  if ('refused' in first) {
    steps.answer(
      'error-revoked-token',
      first.refused,
      'The spare grant had ended already: expired, revoked or consumed.',
    );
    return 'The spare grant has ended. Let a user consent again, and probe with the new token.';
  }
  reportRotation(steps, first, spare);
  await deps.sleep(APART_MS);

  const rotated = first.refreshToken !== undefined && !sameToken(first.refreshToken, spare);
  const current = first.refreshToken ?? spare;
  deps.progress(rotated ? 'Using the old token again …' : 'Refreshing again …');
  const second = await examineOldToken(deps, steps, { old: spare, current, rotated });
  if (second === undefined) {
    return 'The use of an old token ended the whole grant, so the other questions were not asked.';
  }
  reportSliding(steps, first, second);
  return examineRevocation(deps, steps, { current: second.refreshToken ?? current, tokens: second });
}

async function examineUnknownTokens(steps: ProbeSteps): Promise<void> {
  const said = await steps.refresh(NO_TOKEN);
  if (!('refused' in said)) throw new ProbeStopped('Adobe issued tokens for a made-up token.');
  steps.answer('error-unknown-token', said.refused, "Adobe's answer to a refresh with a made-up token.");
  const revoked = await steps.revoke(NO_TOKEN);
  if (typeof revoked === 'object') {
    const detail = '400, with a code that does not concern the token: the vault tries again, hourly at most.';
    steps.answer('revoking-unknown-token', revoked.error, detail);
    return;
  }
  steps.answer(
    'revoking-unknown-token',
    revoked ? 'accepted' : 'refused',
    revoked
      ? '200, also for an unknown token, as RFC 7009 requires.'
      : '400, with a code that concerns the token: the vault reads it as "already gone".',
  );
}

function reportRotation(steps: ProbeSteps, first: ReceivedTokens, spare: Secret): void {
  const { refreshToken } = first;
  if (refreshToken === undefined) {
    steps.answer('rotation', 'no', 'The response has no refresh token: the present one stays valid.');
  } else if (sameToken(refreshToken, spare)) {
    steps.answer(
      'rotation',
      'no',
      'The response repeats the token. A credential that rotates once a week looks the same in its first days.',
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
    endMs === undefined ? 'The vault assumes 14 days from the consent.' : `${isoTime(endMs)}, by ${where}.`,
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

function reportSliding(steps: ProbeSteps, first: ReceivedTokens, second: ReceivedTokens): void {
  const [before, after] = [refreshEndMs(first), refreshEndMs(second)];
  if (before === undefined || after === undefined) {
    steps.answer(
      'sliding',
      'unknown',
      'The expiry of the refresh token cannot be read. Ask Adobe, or wait 14 days.',
    );
    return;
  }
  const slides = after - before >= APART_MS / 2;
  steps.answer(
    'sliding',
    slides ? 'yes' : 'no',
    slides
      ? 'Each refresh moves the expiry: grants live as long as they are refreshed.'
      : 'A refresh does not move the expiry: users must consent again. Lightroom credentials need extra setup by Adobe for sliding.',
  );
}

export interface TokenPair {
  readonly old: Secret;
  readonly current: Secret;
  /** Did the first refresh bring a new token? */
  readonly rotated: boolean;
}

/** Seconds after the first use of the successor. */
const GRACE_CHECKS_SECONDS = [5, 15, 30, 60, 90, 120, 180, 300, 600];

/** Uses the old token again, then the current one. Returns what the current one brought; `undefined` when the grant has ended. */
async function examineOldToken(
  deps: ProbeDeps,
  steps: ProbeSteps,
  { old, current, rotated }: TokenPair,
): Promise<ReceivedTokens | undefined> {
  const replayed = rotated ? await steps.refresh(old) : undefined;
  const second = await steps.refresh(current);
  if (replayed === undefined) {
    steps.answer('old-token', 'never-old', 'There is one refresh token, and it stays.');
    return 'refused' in second ? undefined : second;
  }
  if ('refused' in replayed) {
    steps.answer('error-old-token', replayed.refused, "Adobe's answer to a refresh with an old token.");
    if ('refused' in second) {
      steps.answer('old-token', 'family', 'It is invalid at once, and its use ends the whole grant.');
      return undefined;
    }
    steps.answer('old-token', 'strict', 'It is invalid at once. Its use affects nothing else.');
    return second;
  }
  if ('refused' in second) {
    steps.answer('old-token', 'latest-only', 'It could be used again, and that ended its first successor.');
    return undefined;
  }
  await findGrace(deps, steps, old);
  return second;
}

/** The old token was accepted after it was replaced. Is it still, now that its successor was used, and for how long? */
async function findGrace(deps: ProbeDeps, steps: ProbeSteps, old: Secret): Promise<void> {
  let goodUntil = 0;
  for (const second of [0, ...GRACE_CHECKS_SECONDS.filter((look) => look <= deps.graceSeconds)]) {
    if (second > 0) {
      deps.progress(`Waiting for the end of a grace period: ${second} of ${deps.graceSeconds} seconds …`);
      await deps.sleep((second - goodUntil) * 1000);
    }
    const again = await steps.refresh(old);
    if ('refused' in again) {
      steps.answer('error-old-token', again.refused, "Adobe's answer to a refresh with an old token.");
      steps.answer(
        'old-token',
        'grace',
        second === 0
          ? 'It is valid until its successor is used.'
          : `It is valid for a while: more than ${goodUntil} and at most about ${second} seconds.`,
      );
      return;
    }
    goodUntil = second;
  }
  const longer = `It was still valid after ${goodUntil} seconds`;
  steps.answer(
    'old-token',
    'reuse',
    `${longer}: it stays valid, or its grace period is longer (--grace-seconds).`,
  );
}

interface LiveGrant {
  readonly current: Secret;
  readonly tokens: ReceivedTokens;
}

/** Revokes an access token, then the refresh token. Returns why it stopped early, if it did. */
async function examineRevocation(
  deps: ProbeDeps,
  steps: ProbeSteps,
  { current, tokens }: LiveGrant,
): Promise<string | undefined> {
  if (tokens.accessToken === undefined) return "Adobe's response has no access token.";
  deps.progress('Revoking an access token …');
  await revoke(steps, tokens.accessToken.token);
  const gone = (await deps.isAccepted(tokens.accessToken.token)) === false;
  const next = await steps.refresh(current);
  if ('refused' in next) {
    steps.answer(
      'revoking-access-token',
      'ends-grant',
      'It ends the refresh token as well. Do not change the setting revocationScope.',
    );
    steps.answer('error-revoked-token', next.refused, "Adobe's answer to a refresh with a revoked token.");
    return 'Revoking an access token ended the whole grant, so the other questions were not asked.';
  }
  steps.answer(
    'revoking-access-token',
    gone ? 'token-alone' : 'not-ended',
    gone
      ? "It ends that token and not its grant. One grant cannot tell whether it ends the user's other grants. If it does not, set revocationScope to token."
      : 'The grant lives on, and Adobe still accepts the access token.',
  );
  await revokeGrant(deps, steps, { current: next.refreshToken ?? current, tokens: next });
  return undefined;
}

async function revoke(steps: ProbeSteps, token: Secret): Promise<void> {
  const said = await steps.revoke(token);
  if (typeof said !== 'object') return;
  throw new ProbeStopped(`Adobe refused a revocation (${said.error}).`);
}

async function revokeGrant(
  deps: ProbeDeps,
  steps: ProbeSteps,
  { current, tokens }: LiveGrant,
): Promise<void> {
  deps.progress('Revoking the refresh token …');
  await revoke(steps, current);
  const taken = tokens.accessToken && (await deps.isAccepted(tokens.accessToken.token));
  const [answer, detail] = CASCADES[String(taken)] ?? CASCADES.undefined;
  steps.answer('revoking-refresh-token', answer, detail);
  const again = await steps.refresh(current);
  if ('refused' in again) {
    steps.answer('error-revoked-token', again.refused, "Adobe's answer to a refresh with a revoked token.");
  } else {
    steps.answer('error-revoked-token', 'none', 'A refresh with the revoked token still succeeds.');
  }
}

type Cascade = readonly [answer: string, detail: string];

const CASCADES: Readonly<Record<string, Cascade>> & { readonly undefined: Cascade } = {
  true: ['token-alone', 'Its access token is still accepted: the vault revokes both.'],
  false: ['cascades', 'It ends the access token issued with it.'],
  undefined: ['unknown', 'Adobe did not tell whether it still accepts the access token.'],
};
