import type { ImsStandIn } from '../../ims/ims-stand-in.ts';

/** Counts, at IMS, how often a user's grant ended although it could have been kept. */
export interface ExpiryWatch {
  /** From now on this user must have a refresh token that IMS would accept. */
  reconcile(userKey: string): void;
  look(): void;
  expiriesOf(userKey: string): number;
}

export function createExpiryWatch(ims: Pick<ImsStandIn, 'ledger'>): ExpiryWatch {
  const expiries = new Map<string, number>();
  const expired = new Set<string>();

  return {
    reconcile: (userKey) => void expiries.set(userKey, expiries.get(userKey) ?? 0),
    look: () => {
      for (const [userKey, count] of expiries) {
        const isAlive = ims.ledger.user(userKey).liveGrants > 0;
        if (!isAlive && !expired.has(userKey)) expiries.set(userKey, count + 1);
        if (isAlive) expired.delete(userKey);
        else expired.add(userKey);
      }
    },
    expiriesOf: (userKey) => expiries.get(userKey) ?? 0,
  };
}
