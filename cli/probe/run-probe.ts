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

export interface TokenPair {
  readonly old: Secret;
  readonly current: Secret;
  /** Did the first refresh bring a new token? */
  readonly rotated: boolean;
}

/** Seconds after the successor was first used. */
const LOOKS_AT = [5, 15, 30, 60, 90, 120, 180, 300, 600];

/** Uses the old token again, then the current one. Answers what the current one brought; `undefined` when the grant has ended. */
export async function askAboutOldToken(
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
    steps.answer('error-old-token', replayed.refused, 'What a refresh with an old token is answered.');
    if ('refused' in second) {
      steps.answer('old-token', 'family', 'It is dead at once, and its use ends the whole grant.');
      return undefined;
    }
    steps.answer('old-token', 'strict', 'It is dead at once; its use harms nothing else.');
    return second;
  }
  if ('refused' in second) {
    steps.answer('old-token', 'latest-only', 'It could be used again, and that ended its first successor.');
    return undefined;
  }
  await findGrace(deps, steps, old);
  return second;
}

/** The old token was good after it was exchanged: is it still, now that its successor has been used, and for how long? */
async function findGrace(deps: ProbeDeps, steps: ProbeSteps, old: Secret): Promise<void> {
  let goodUntil = 0;
  for (const second of [0, ...LOOKS_AT.filter((look) => look <= deps.graceSeconds)]) {
    if (second > 0) {
      deps.progress(`Looking for the end of a grace period: ${second} of ${deps.graceSeconds} seconds …`);
      await deps.sleep((second - goodUntil) * 1000);
    }
    const again = await steps.refresh(old);
    if ('refused' in again) {
      steps.answer('error-old-token', again.refused, 'What a refresh with an old token is answered.');
      steps.answer(
        'old-token',
        'grace',
        second === 0
          ? 'It is good until its successor is used.'
          : `It is good for a while: more than ${goodUntil} and at most about ${second} seconds.`,
      );
      return;
    }
    goodUntil = second;
  }
  const longer = `It was still good after ${goodUntil} seconds`;
  steps.answer('old-token', 'reuse', `${longer}: it stays, or its grace period is longer (--grace-seconds).`);
}

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
