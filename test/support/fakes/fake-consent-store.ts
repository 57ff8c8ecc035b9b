import {
  type ConsentOutcome,
  type ConsentSession,
  type PendingConsent,
  pendingEndsAtMs,
} from '../../../functions/core/domain/consent.ts';
import type { Clock } from '../../../functions/core/ports/clock.ts';
import type { ConsentStore } from '../../../functions/core/ports/consent-store.ts';

export interface FakeConsentStore extends ConsentStore {
  readonly sessions: ReadonlyMap<string, ConsentSession>;
  readonly burnt: ReadonlyMap<string, BurntState>;
  readonly pendingConsents: ReadonlyMap<string, PendingConsent>;
  /** The table holds nothing a grant depends on: this loses it. */
  forgetEverything(): void;
}

export interface BurntState {
  readonly expiresAtMs: number;
  readonly outcome?: ConsentOutcome;
}

export function createFakeConsentStore(deps: { clock: Pick<Clock, 'nowMs'> }): FakeConsentStore {
  const sessions = new Map<string, ConsentSession>();
  const burnt = new Map<string, BurntState>();
  const pendingConsents = new Map<string, PendingConsent>();

  return {
    sessions,
    burnt,
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
    async burn(digest, expiresAtMs) {
      await Promise.resolve();
      const earlier = burnt.get(digest);
      if (earlier === undefined) {
        burnt.set(digest, { expiresAtMs });
        return { result: 'burnt' };
      }
      return earlier.outcome === undefined
        ? { result: 'already' }
        : { result: 'already', outcome: structuredClone(earlier.outcome) };
    },
    async recordOutcome(stateDigest, outcome, expiresAtMs) {
      await Promise.resolve();
      burnt.set(stateDigest, { expiresAtMs, outcome: structuredClone(outcome) });
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
      burnt.clear();
      pendingConsents.clear();
    },
  };
}
