import type {
  ClientSecrets,
  Ims,
  RefreshAnswer,
  RevokeAnswer,
  TokenAnswer,
  UnknownReason,
} from '../../../functions/core/ports/ims.ts';
import type { Clock } from '../../../functions/core/ports/platform.ts';
import type { Secret } from '../../../functions/core/secret.ts';
import { createImsLedger, type ImsLedger, type LedgerOptions } from './ims-ledger.ts';

export interface FakeIms extends Ims {
  /** The provider's record: which tokens are live, which were posted, and which were used twice. */
  readonly ledger: ImsLedger;
  /** What happens to the next calls of `exchangeCode` and `refresh`, in order. Afterwards IMS answers by its ledger. */
  script(...steps: readonly ScriptedStep[]): void;
  scriptRevoke(...answers: readonly RevokeAnswer[]): void;
  /** Whether IMS answers the next posts without a grant. Afterwards it answers all of them. */
  scriptChecks(...answers: readonly boolean[]): void;
  /** What was scripted and not used is forgotten: IMS answers by its ledger again. */
  clearScript(): void;
  /** Scripted steps that were not used: a test that leaves some did not do what it says. */
  unusedSteps(): number;
  /** The credential's secrets at Adobe. Anything else is `invalid_client`. */
  acceptClientSecrets(secrets: ClientSecrets): void;
  readonly calls: {
    readonly exchanges: number;
    readonly refreshes: number;
    readonly revocations: number;
    readonly checks: number;
  };
}

export type ScriptedStep =
  /** IMS does not process the request, and this is the answer. */
  | { readonly answer: TokenAnswer }
  /** IMS acts and its answer is lost. `timeout` lasts for as long as the request is open. */
  | { readonly lose: Extract<UnknownReason, 'timeout' | 'reset' | 'server-error' | 'malformed'> }
  /** IMS acts at once, or only just before it answers, this number of milliseconds after the post. */
  | { readonly late: number; readonly acts?: 'at once' | 'at the end'; readonly answer?: TokenAnswer }
  /** IMS answers by its ledger, with changes to the answer. */
  | { readonly distort: (answer: TokenAnswer) => TokenAnswer }
  /** IMS answers by its ledger after something happened in between, on its side of the wire. */
  | { readonly after: () => Promise<void> };

export interface FakeImsOptions extends LedgerOptions {
  readonly clock: Clock;
  /** How long every call takes. */
  readonly latencyMs?: number;
}

export function createFakeIms(options: FakeImsOptions): FakeIms {
  const { clock, latencyMs = 0 } = options;
  const ledger = createImsLedger(options);
  const steps: ScriptedStep[] = [];
  const revokeAnswers: RevokeAnswer[] = [];
  const checkAnswers: boolean[] = [];
  const calls = { exchanges: 0, refreshes: 0, revocations: 0, checks: 0 };
  let accepted: readonly string[] | undefined;

  const isOurSecret = (secret: Secret) => accepted === undefined || accepted.includes(secret.reveal());

  const answered = async (
    { timeoutMs, keepOpenMs = timeoutMs }: { readonly timeoutMs: number; readonly keepOpenMs?: number },
    byLedger: () => TokenAnswer,
  ): Promise<RefreshAnswer> => {
    const step = steps.shift();
    if (latencyMs > 0) await clock.sleep(latencyMs);
    else await Promise.resolve();
    if (step === undefined) return byLedger();
    if ('late' in step) {
      const { late: afterMs, acts = 'at once', answer = byLedger } = step;
      const act = typeof answer === 'function' ? answer : () => answer;
      const early = acts === 'at once' ? act() : undefined;
      return arrivingAfter(afterMs - latencyMs, () => early ?? act(), { timeoutMs, keepOpenMs });
    }
    if ('answer' in step) return step.answer;
    if ('distort' in step) return step.distort(byLedger());
    if ('after' in step) {
      await step.after();
      return byLedger();
    }
    byLedger();
    if (step.lose !== 'timeout') return { kind: 'unknown', reason: step.lose };
    return arrivingAfter(Number.POSITIVE_INFINITY, () => NO_ANSWER, { timeoutMs, keepOpenMs });
  };

  /** The caller's view of an answer that comes at its own time. */
  const arrivingAfter = async (
    afterMs: number,
    answer: () => TokenAnswer,
    { timeoutMs, keepOpenMs }: { readonly timeoutMs: number; readonly keepOpenMs: number },
  ): Promise<RefreshAnswer> => {
    await clock.sleep(Math.min(afterMs, timeoutMs - latencyMs));
    if (afterMs <= timeoutMs) return answer();
    if (keepOpenMs <= timeoutMs) return NO_ANSWER;
    const late = clock
      .sleep(Math.min(afterMs, keepOpenMs) - timeoutMs)
      .then(() => (afterMs <= keepOpenMs ? answer() : NO_ANSWER));
    return { ...NO_ANSWER, late };
  };

  return {
    ledger,
    calls,
    script: (...more) => void steps.push(...more),
    scriptRevoke: (...more) => void revokeAnswers.push(...more),
    scriptChecks: (...more) => void checkAnswers.push(...more),
    clearScript() {
      for (const script of [steps, revokeAnswers, checkAnswers]) script.length = 0;
    },
    unusedSteps: () => steps.length + revokeAnswers.length,
    acceptClientSecrets({ current, previous }) {
      accepted = [current, ...(previous === undefined ? [] : [previous])].map((secret) => secret.reveal());
    },
    exchangeCode({ code, clientSecret, timeoutMs }) {
      calls.exchanges += 1;
      return answered({ timeoutMs }, () =>
        isOurSecret(clientSecret) ? ledger.exchange(code.reveal()) : INVALID_CLIENT,
      );
    },
    async refresh({ refreshToken, scopes, clientSecret, ...time }) {
      calls.refreshes += 1;
      const token = refreshToken.reveal();
      const arrived = ledger.postArrives(token);
      const answer = await answered(time, () =>
        isOurSecret(clientSecret) ? ledger.refresh(token, scopes) : INVALID_CLIENT,
      );
      const settled = answer.late ?? Promise.resolve();
      void settled.then(() => arrived.isAnswered());
      return answer;
    },
    async answersWithoutGrant({ clientSecret }) {
      calls.checks += 1;
      await Promise.resolve();
      return checkAnswers.shift() ?? isOurSecret(clientSecret);
    },
    async revoke({ token, clientSecret }) {
      calls.revocations += 1;
      await Promise.resolve();
      const scripted = revokeAnswers.shift();
      if (scripted !== undefined) return scripted;
      return isOurSecret(clientSecret)
        ? ledger.revoke(token.reveal())
        : { kind: 'misconfigured', error: 'invalid_client' };
    },
  };
}

const NO_ANSWER: TokenAnswer = { kind: 'unknown', reason: 'timeout' };
const INVALID_CLIENT: TokenAnswer = { kind: 'misconfigured', error: 'invalid_client' };
