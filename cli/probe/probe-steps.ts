import type { Ims, ReceivedTokens, TokenAnswer } from '../../functions/core/ports/ims.ts';
import type { Secret } from '../../functions/core/secret.ts';

export interface ProbeDeps {
  readonly ims: Pick<Ims, 'refresh' | 'revoke'>;
  /** Does Adobe take an access token? `undefined`: it did not say. */
  readonly isTaken: (accessToken: Secret) => Promise<boolean | undefined>;
  readonly clientSecret: Secret;
  readonly sleep: (durationMs: number) => Promise<void>;
  /** How long to look for the end of a grace period. */
  readonly graceSeconds: number;
  readonly progress: (sentence: string) => void;
}

/** A grant as it is being used up. */
export interface ProbeSteps {
  /** The tokens, or the name of the refusal. Anything else ends the probe. */
  refresh(token: Secret): Promise<ReceivedTokens | { readonly refused: string }>;
  /** `true`: Adobe says it is done. `false`: it says the token is not there. `error`: it refuses the request in this word. */
  revoke(token: Secret): Promise<boolean | { readonly error: string }>;
  answer(question: ProbeQuestion, answer: string, detail: string): void;
  readonly answers: readonly ProbeAnswer[];
  readonly debugIds: readonly string[];
  /** Every refresh token that was seen, for the end. */
  readonly seen: ReadonlySet<Secret>;
}

/** Adobe said something that answers no question: the grant is left as it is. */
export class ProbeStopped extends Error {
  override readonly name = 'ProbeStopped';
}

const ANSWER_TIMEOUT_MS = 20_000;

export function createProbeSteps({ ims, clientSecret }: ProbeDeps): ProbeSteps {
  const answers: ProbeAnswer[] = [];
  const debugIds: string[] = [];
  const seen = new Set<Secret>();
  return {
    answers,
    debugIds,
    seen,
    answer: (question, answer, detail) => void answers.push({ question, answer, detail }),
    async refresh(refreshToken) {
      const said = await ims.refresh({ refreshToken, clientSecret, timeoutMs: ANSWER_TIMEOUT_MS });
      if (said.debugId !== undefined) debugIds.push(said.debugId);
      if (said.kind === 'refused') return { refused: said.error };
      if (said.kind !== 'tokens') throw new ProbeStopped(inWords(said));
      if (said.tokens.refreshToken !== undefined) seen.add(said.tokens.refreshToken);
      return said.tokens;
    },
    async revoke(token) {
      const said = await ims.revoke({ token, clientSecret, timeoutMs: ANSWER_TIMEOUT_MS });
      if (said.kind === 'revoked') return true;
      if (said.kind === 'already-gone') return false;
      if (said.kind === 'misconfigured') {
        throw new ProbeStopped(`Adobe refused the credential when asked to revoke (${said.error}).`);
      }
      if (said.error !== undefined) return { error: said.error };
      throw new ProbeStopped('Adobe did not answer when asked to revoke.');
    },
  };
}

function inWords(said: Exclude<TokenAnswer, { kind: 'tokens' | 'refused' }>): string {
  switch (said.kind) {
    case 'misconfigured':
      return `Adobe refused the credential (${said.error}): look at client id and client secret.`;
    case 'user-action':
      return `The user has to do something at Adobe first (${said.error}).`;
    case 'wait':
      return `Adobe asks to wait ${Math.ceil(said.retryAfterMs / 1000)} seconds.`;
    case 'unknown':
      return `Adobe gave no usable answer (${said.reason}); whether the token is spent is not known.`;
    case 'unexpected':
      return `Adobe answered ${said.status}${said.error === undefined ? '' : ` ${said.error}`}, which is new.`;
  }
}

/** The questions, each open for every credential until it is asked. */
export type ProbeQuestion =
  | 'rotation'
  | 'old-token'
  | 'sliding'
  | 'end-readable'
  | 'expires-in'
  | 'error-unknown-token'
  | 'error-old-token'
  | 'error-revoked-token'
  | 'revoking-unknown-token'
  | 'revoking-access-token'
  | 'revoking-refresh-token';

export interface ProbeAnswer {
  readonly question: ProbeQuestion;
  /** A stable word, or the name of an error. */
  readonly answer: string;
  readonly detail: string;
}

export interface ProbeReport {
  readonly answers: readonly ProbeAnswer[];
  /** Adobe's own names of the requests, for a support ticket. */
  readonly debugIds: readonly string[];
  /** Why not every question was asked. */
  readonly stopped?: string;
}

/** Of one and the same person's tokens, in one process: timing tells nobody anything. */
export const sameToken = (one: Secret, other: Secret): boolean => one.reveal() === other.reveal();

/** When the refresh token ends, as far as the tokens say. */
export const refreshEndMs = ({ hints }: ReceivedTokens): number | undefined =>
  hints.rteaMs ?? hints.refreshTokenExpiresAtMs;
