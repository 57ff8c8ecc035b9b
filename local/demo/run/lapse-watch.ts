import type { ImsStandIn } from '../../ims/ims-stand-in.ts';

/** Counts, at IMS, how often a user's grant ended although it could have been kept. */
export interface LapseWatch {
  /** From now on this user must have a refresh token that IMS would accept. */
  guard(userKey: string): void;
  look(): void;
  lapsesOf(userKey: string): number;
}

export const createLapseWatch = (ims: Pick<ImsStandIn, 'ledger'>): LapseWatch => {
  const lapses = new Map<string, number>();
  const lapsed = new Set<string>();

  return {
    guard: (userKey) => void lapses.set(userKey, lapses.get(userKey) ?? 0),
    look: () => {
      for (const [userKey, count] of lapses) {
        const isAlive = ims.ledger.user(userKey).liveGrants > 0;
        if (!isAlive && !lapsed.has(userKey)) lapses.set(userKey, count + 1);
        if (isAlive) lapsed.delete(userKey);
        else lapsed.add(userKey);
      }
    },
    lapsesOf: (userKey) => lapses.get(userKey) ?? 0,
  };
};
