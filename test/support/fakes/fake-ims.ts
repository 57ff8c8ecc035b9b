import type { Secret } from '../../../functions/core/domain/secret.ts';
import type { Clock } from '../../../functions/core/ports/clock.ts';
import type {
  ClientSecrets,
  Ims,
  RevokeAnswer,
  TokenAnswer,
  UnknownReason,
} from '../../../functions/core/ports/ims.ts';
import { createImsLedger, type ImsLedger, type LedgerOptions } from './ims-ledger.ts';

export interface FakeIms extends Ims {
  /** The provider's side of the story: what is live, what was posted, what was spent twice. */
  readonly ledger: ImsLedger;
  /** What happens to the next calls of `exchangeCode` and `refresh`, in order. Afterwards IMS answers by its ledger. */
  script(...steps: readonly ScriptedStep[]): void;
  scriptRevoke(...answers: readonly RevokeAnswer[]): void;
  /** Scripted steps nobody has used: a test that leaves some did not do what it says. */
  unusedSteps(): number;
  /** The credential's secrets at Adobe. Anything else is `invalid_client`. */
  acceptClientSecrets(secrets: ClientSecrets): void;
  readonly calls: { readonly exchanges: number; readonly refreshes: number; readonly revocations: number };
}

export type ScriptedStep =
  /** IMS does nothing and this is the answer. */
  | { readonly answer: TokenAnswer }
  /** IMS does its part and the answer is lost on the way. `silence` lasts for the whole listening time. */
  | { readonly lose: Extract<UnknownReason, 'silence' | 'reset'> }
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
  const calls = { exchanges: 0, refreshes: 0, revocations: 0 };
  let accepted: readonly string[] | undefined;

  const isOurSecret = (secret: Secret) => accepted === undefined || accepted.includes(secret.reveal());

  const answered = async (listenMs: number, byLedger: () => TokenAnswer): Promise<TokenAnswer> => {
    const step = steps.shift();
    if (latencyMs > 0) await clock.sleep(latencyMs);
    else await Promise.resolve();
    if (step === undefined) return byLedger();
    if ('answer' in step) return step.answer;
    if ('distort' in step) return step.distort(byLedger());
    if ('after' in step) {
      await step.after();
      return byLedger();
    }
    byLedger();
    if (step.lose === 'silence') await clock.sleep(Math.max(0, listenMs - latencyMs));
    return { kind: 'unknown', reason: step.lose };
  };

  return {
    ledger,
    calls,
    script: (...more) => void steps.push(...more),
    scriptRevoke: (...more) => void revokeAnswers.push(...more),
    unusedSteps: () => steps.length + revokeAnswers.length,
    acceptClientSecrets({ current, previous }) {
      accepted = [current, ...(previous === undefined ? [] : [previous])].map((secret) => secret.reveal());
    },
    exchangeCode({ code, clientSecret, listenMs }) {
      calls.exchanges += 1;
      return answered(listenMs, () =>
        isOurSecret(clientSecret) ? ledger.exchange(code.reveal()) : INVALID_CLIENT,
      );
    },
    async refresh({ refreshToken, scopes, clientSecret, listenMs }) {
      calls.refreshes += 1;
      const token = refreshToken.reveal();
      const arrived = ledger.postArrives(token);
      try {
        return await answered(listenMs, () =>
          isOurSecret(clientSecret) ? ledger.refresh(token, scopes) : INVALID_CLIENT,
        );
      } finally {
        arrived.isAnswered();
      }
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

const INVALID_CLIENT: TokenAnswer = { kind: 'misconfigured', error: 'invalid_client' };
