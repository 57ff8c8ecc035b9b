import type { Ims, ReceivedTokens, TokenAnswer } from '../../functions/core/ports/ims.ts';
import type { Secret } from '../../functions/core/secret.ts';

export interface ProbeDeps {
  readonly ims: Pick<Ims, 'refresh' | 'revoke'>;
  /** Does Adobe accept an access token? `undefined`: its answer does not tell. */
  readonly isAccepted: (accessToken: Secret) => Promise<boolean | undefined>;
  readonly clientSecret: Secret;
  readonly sleep: (durationMs: number) => Promise<void>;
  /** How long to wait for the end of a grace period. */
  readonly graceSeconds: number;
  readonly progress: (sentence: string) => void;
}

/** A grant while it is consumed. */
export interface ProbeSteps {
  /** The tokens, or the error code of the refusal. Anything else stops the probe. */
  refresh(token: Secret): Promise<ReceivedTokens | { readonly refused: string }>;
  /** `true`: Adobe revoked it. `false`: Adobe does not know the token. `error`: Adobe refuses the request with this code. */
  revoke(token: Secret): Promise<boolean | { readonly error: string }>;
  answer(question: ProbeQuestion, answer: string, detail: string): void;
  readonly answers: readonly ProbeAnswer[];
  readonly debugIds: readonly string[];
  /** Every refresh token that was received: the probe revokes them at its end. */
  readonly seen: ReadonlySet<Secret>;
}

/** Adobe's response answers no question, so the probe stops. */
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
        throw new ProbeStopped(`Adobe refused the credential in a revocation (${said.error}).`);
      }
      if (said.error !== undefined) return { error: said.error };
      throw new ProbeStopped('Adobe did not answer a revocation.');
    },
  };
}

function inWords(said: Exclude<TokenAnswer, { kind: 'tokens' | 'refused' }>): string {
  switch (said.kind) {
    case 'misconfigured':
      return `Adobe refused the credential (${said.error}). Check the client id and the client secret.`;
    case 'user-action':
      return `The user must act at Adobe first (${said.error}).`;
    case 'wait':
      return `Adobe asks to wait ${Math.ceil(said.retryAfterMs / 1000)} seconds.`;
    case 'unknown':
      return `Adobe gave no usable answer (${said.reason}). Whether the token was consumed is unknown.`;
    case 'unexpected':
      return `Adobe answered ${said.status}${said.error === undefined ? '' : ` ${said.error}`}, which the vault does not know.`;
  }
}

/** The questions. For each credential, only a probe answers them. */
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
  /** A stable word, or an error code of Adobe. */
  readonly answer: string;
  readonly detail: string;
}

export interface ProbeReport {
  readonly answers: readonly ProbeAnswer[];
  /** Adobe's ids of the requests, for a support ticket. */
  readonly debugIds: readonly string[];
  /** Why some questions were not asked. */
  readonly stopped?: string;
}

/** Both tokens belong to one person, in one process, so the comparison's timing reveals nothing. */
export const sameToken = (one: Secret, other: Secret): boolean => one.reveal() === other.reveal();

/** When the refresh token expires, as far as the tokens say. */
export const refreshEndMs = ({ hints }: ReceivedTokens): number | undefined =>
  hints.rteaMs ?? hints.refreshTokenExpiresAtMs;
