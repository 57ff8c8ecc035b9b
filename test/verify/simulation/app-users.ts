import type { VendAccessToken, VendResult } from '../../../functions/core/access-tokens/vend-access-token.ts';
import { deriveConnectionId } from '../../../functions/core/connection/connection-id.ts';
import { DAY_MS, HOUR_MS } from '../../../functions/core/time-units.ts';
import type { Adobe, GrantKind } from './adobe.ts';
import { subjectOf } from './adobe-line.ts';
import type { Census } from './census.ts';
import type { Chance } from './chance.ts';
import type { Consent } from './consent-function.ts';
import { type Counters, count } from './counters.ts';
import type { Happening, VirtualTime } from './virtual-time.ts';

export interface Habits {
  /** Consents are spread over the first days. */
  readonly onboardingDays: number;
  /** The share of users whose token is read once a day. The other tokens are never read. */
  readonly dailyShare: number;
  readonly revokingShare: number;
  readonly fixedShare: number;
}

export interface AppUsersOptions {
  readonly users: readonly number[];
  readonly habits: Habits;
  readonly startMs: number;
  /** No user revokes after this moment: the vault needs some days to find it. */
  readonly revokingUntilMs: number;
  readonly clientId: string;
  readonly adobe: Adobe;
  readonly census: Census;
  readonly consent: Consent;
  readonly vend: VendAccessToken;
  readonly time: VirtualTime;
  readonly chance: Chance;
  readonly counts: Counters;
  /** Receives the result of each request for a user's token. */
  readonly onVend?: OnVend;
}

export type OnVend = (user: number, result: VendResult) => void;

export interface AppUsers {
  kindOf(user: number): GrantKind;
  /** Plans when each user consents. */
  arrive(): void;
  /** The app asks the user to consent again. */
  askAgain(user: number, within: { readonly fromMs: number; readonly untilMs: number }): void;
}

const FIXED_KINDS: readonly GrantKind[] = ['fixed-readable', 'fixed-same', 'fixed-omitted'];
const SLIDING_KINDS: readonly GrantKind[] = ['sliding-readable', 'sliding-opaque'];

/** The users of the app: they consent, have their tokens read or not, and some revoke. */
export function createAppUsers(options: AppUsersOptions): AppUsers {
  const { habits, startMs, adobe, census, time, chance, counts } = options;
  const kinds = new Map<number, GrantKind>();
  const leaving = new Set<number>();

  const come = async (user: number): Promise<void> => {
    if (leaving.has(user)) return;
    const outcome = await options.consent(user);
    count(counts.outcomes, `consent: ${outcome}`);
    const failed = outcome !== 'connected' && outcome !== 'kept_previous';
    if (failed) time.at(time.nowMs() + chance.between(1, 12) * HOUR_MS, () => void come(user));
  };

  /** One token is read every day, at about the same time of day. */
  class DailyReading implements Happening {
    atMs: number;
    readonly user: number;
    readonly connectionId: string;
    constructor(atMs: number, user: number) {
      this.atMs = atMs;
      this.user = user;
      this.connectionId = deriveConnectionId(options.clientId, subjectOf(user));
    }
    happen() {
      void this.read();
      this.atMs += DAY_MS + chance.between(-2, 2) * HOUR_MS;
      time.queue(this);
    }
    async read() {
      counts.lambda.vend += 1;
      const { connectionId } = this;
      const vended = await options.vend({ connectionId });
      options.onVend?.(this.user, vended);
      count(counts.vends, vended.outcome === 'vended' ? vended.source : vended.outcome);
    }
  }

  const leave = (user: number) => {
    leaving.add(user);
    adobe.revokeUser(user);
    census.onRevoked(user);
  };

  const settle = (user: number) => {
    const kindsOfUser = chance.happens(habits.fixedShare) ? FIXED_KINDS : SLIDING_KINDS;
    const kind = kindsOfUser[Math.floor(chance.share() * kindsOfUser.length)];
    if (kind !== undefined) kinds.set(user, kind);
    const arrivesAtMs = startMs + chance.share() * habits.onboardingDays * DAY_MS;
    time.at(arrivesAtMs, () => void come(user));
    if (chance.happens(habits.dailyShare)) {
      time.queue(new DailyReading(arrivesAtMs + chance.between(0.1, 1) * DAY_MS, user));
    }
    if (chance.happens(habits.revokingShare)) {
      const leavesAtMs = chance.between(arrivesAtMs + DAY_MS, options.revokingUntilMs);
      time.at(leavesAtMs, () => leave(user));
    }
  };

  return {
    kindOf: (user) => kinds.get(user) ?? 'sliding-readable',
    arrive() {
      for (const user of options.users) settle(user);
    },
    askAgain(user, { fromMs, untilMs }) {
      time.at(chance.between(fromMs, untilMs), () => void come(user));
    },
  };
}
