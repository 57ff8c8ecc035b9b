import {
  type ConsentOutcome,
  type ConsentSession,
  type PendingConsent,
  pendingEndsAtMs,
} from '../../../functions/core/consent/consent.ts';
import type { ConsentStore } from '../../../functions/core/ports/consents.ts';
import type { Clock } from '../../../functions/core/ports/platform.ts';

export interface FakeConsentStore extends ConsentStore {
  readonly sessions: ReadonlyMap<string, ConsentSession>;
  readonly consumed: ReadonlyMap<string, ConsumedState>;
  readonly pendingConsents: ReadonlyMap<string, PendingConsent>;
  /** Empties the table. No grant depends on its items. */
  forgetEverything(): void;
}

export interface ConsumedState {
  readonly expiresAtMs: number;
  readonly outcome?: ConsentOutcome;
}

export function createFakeConsentStore(deps: { clock: Pick<Clock, 'nowMs'> }): FakeConsentStore {
  const sessions = new Map<string, ConsentSession>();
  const consumed = new Map<string, ConsumedState>();
  const pendingConsents = new Map<string, PendingConsent>();

  return {
    sessions,
    consumed,
    pendingConsents,
    async openSession(session) {
      await Promise.resolve();
      sessions.set(session.sessionDigest, structuredClone(session));
    },
    async readSession(sessionDigest, nowMs) {
      await Promise.resolve();
      const session = sessions.get(sessionDigest);
      return session && nowMs < session.expiresAtMs ? structuredClone(session) : undefined;
    },
    async consume(digest, expiresAtMs) {
      await Promise.resolve();
      const earlier = consumed.get(digest);
      if (earlier === undefined) {
        consumed.set(digest, { expiresAtMs });
        return { kind: 'consumed' };
      }
      return earlier.outcome === undefined
        ? { kind: 'already' }
        : { kind: 'already', outcome: structuredClone(earlier.outcome) };
    },
    async recordOutcome(stateDigest, outcome, expiresAtMs) {
      await Promise.resolve();
      consumed.set(stateDigest, { expiresAtMs, outcome: structuredClone(outcome) });
    },
    async keepPending(pending) {
      await Promise.resolve();
      pendingConsents.set(pending.codeDigest, structuredClone(pending));
    },
    pending: {
      async read(codeDigest, nowMs) {
        await Promise.resolve();
        const pending = pendingConsents.get(codeDigest);
        return pending && nowMs < pendingEndsAtMs(pending) ? structuredClone(pending) : undefined;
      },
      async markRedeemed(codeDigest) {
        await Promise.resolve();
        const pending = pendingConsents.get(codeDigest);
        if (pending === undefined || pending.redeemedAtMs !== undefined) return;
        pendingConsents.set(codeDigest, { ...pending, redeemedAtMs: deps.clock.nowMs() });
      },
    },
    forgetEverything() {
      sessions.clear();
      consumed.clear();
      pendingConsents.clear();
    },
  };
}
