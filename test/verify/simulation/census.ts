import type { Connection, ConnectionEvent } from '../../../functions/core/connection/connection.ts';
import { refreshBinding, type SealedRefreshToken } from '../../../functions/core/connection/sealed-token.ts';
import { DAY_MS } from '../../../functions/core/time-units.ts';
import type { Adobe } from './adobe.ts';
import type { Sealing } from './sealing.ts';

/** What the vault made of its connections, compared with Adobe's own books. */
export interface Findings {
  /** In `needs-reauthorization`, or still suspect at the end, because their successor never arrived. */
  lostInWindow: number;
  /** Of those, still suspect at the end. */
  lostButNotNamed: number;
  /** In `needs-reauthorization` although Adobe would have accepted a stored token. */
  falseDeaths: number;
  /** A sliding grant that reached its end of life unspent. */
  expired: number;
  /** Dead for a reason that none of the others explains. */
  unexplained: number;
  /** Restored from an older table, and lost because their token had been used since. */
  lostByRestore: number;
  /** By Adobe's record, when the older table was restored: its tokens were used, and their successors lost with the table. */
  spentBeforeRestore: number;
  revoked: number;
  revokedAndFound: number;
  /** Grants that cannot slide and have ended or are in their last three days. */
  fixedEndsSeen: number;
  /** Of those, announced at least three days ahead. */
  fixedEndsWarned: number;
}

export interface Census {
  onWrite(before: Connection | undefined, after: Connection): void;
  onEvent(connection: Connection | undefined, event: ConnectionEvent): void;
  onRevoked(user: number): void;
  /** The table is gone, and these rows with it. */
  onTableLost(rows: Iterable<Connection>): void;
  /** An older table is about to be put in its place. */
  onOlderTable(rows: Iterable<Connection>): void;
  /** Its successor never arrived, and Adobe accepts no other token of it. */
  isLost(connection: Connection): boolean;
  /** Classifies what is still undecided, and returns the result. */
  close(rows: Iterable<Connection>): Findings;
}

const WARNED_AHEAD_MS = 3 * DAY_MS;

export interface CensusOptions {
  readonly adobe: Pick<
    Adobe,
    | 'areSpent'
    | 'endOf'
    | 'fixedGrantsInTheirLast'
    | 'grantOf'
    | 'honours'
    | 'isRevoked'
    | 'isSliding'
    | 'isStranded'
    | 'userOf'
  >;
  readonly sealing: Pick<Sealing, 'peek'>;
  readonly nowMs: () => number;
}

export function createCensus({ adobe, sealing, nowMs }: CensusOptions): Census {
  const revoked = new Set<number>();
  const found = new Set<number>();
  const warned = new Set<number>();
  // Grants, not rows: an older table may bring one back that was classified before.
  const lostInWindow = new Set<number>();
  const spentBeforeRestore = new Set<number>();
  const lostByRestore = new Set<number>();
  const counts = { lostButNotNamed: 0, falseDeaths: 0, expired: 0, unexplained: 0 };

  const textOf = (connection: Connection, token: SealedRefreshToken): string =>
    sealing.peek(token.sealed, refreshBinding(connection, token));
  const tokensOf = (connection: Connection): string[] =>
    [connection.refresh, connection.previous, connection.alternate].flatMap((token) =>
      token === undefined ? [] : [textOf(connection, token)],
    );
  /** Absent also for a token that Adobe never issued. */
  const grantOf = (connection: Connection): number | undefined => {
    const grant = connection.refresh && adobe.grantOf(textOf(connection, connection.refresh));
    return grant === undefined || grant < 0 ? undefined : grant;
  };
  const isHonoured = (connection: Connection): boolean => tokensOf(connection).some(adobe.honours);

  const isLost = (connection: Connection): boolean => {
    const grant = grantOf(connection);
    return grant !== undefined && adobe.isStranded(grant);
  };

  /** Notes a loss that Adobe's books explain, and returns whether they do. */
  const isExplained = (grant: number): boolean => {
    if (adobe.isStranded(grant)) lostInWindow.add(grant);
    else if (spentBeforeRestore.has(grant)) lostByRestore.add(grant);
    else return false;
    return true;
  };

  const classifyDeath = (connection: Connection): void => {
    const grant = grantOf(connection);
    if (grant === undefined) return;
    if (adobe.isRevoked(grant)) found.add(adobe.userOf(grant));
    if (isExplained(grant) || adobe.isRevoked(grant)) return;
    if (isHonoured(connection)) counts.falseDeaths += 1;
    else if (adobe.endOf(grant) > nowMs()) counts.unexplained += 1;
    else if (adobe.isSliding(grant)) counts.expired += 1;
  };

  /** Adobe has used up the stored token, and the run that holds its successor has not stored it yet. */
  const isUnderWay = ({ lease }: Connection): boolean => lease !== undefined && lease.untilMs > nowMs();

  const classifyUndecided = (connection: Connection): void => {
    const grant = grantOf(connection);
    if (grant === undefined || isHonoured(connection)) return;
    if (isExplained(grant)) counts.lostButNotNamed += 1;
    else if (adobe.isRevoked(grant) || isUnderWay(connection)) return;
    else if (adobe.endOf(grant) > nowMs()) counts.unexplained += 1;
    else if (adobe.isSliding(grant)) counts.expired += 1;
  };

  return {
    onWrite(before, after) {
      const isNamed = after.state === 'needs-reauthorization' && before?.state !== 'needs-reauthorization';
      if (isNamed) classifyDeath(after);
      // The user consented again before the vault was sure of the loss.
      const isReplaced = before !== undefined && before.generation !== after.generation;
      const grant = isReplaced && before.state !== 'needs-reauthorization' ? grantOf(before) : undefined;
      if (grant !== undefined) isExplained(grant);
    },

    onTableLost(rows) {
      for (const connection of rows) {
        const grant = grantOf(connection);
        if (grant !== undefined && adobe.isStranded(grant)) lostInWindow.add(grant);
      }
    },

    onOlderTable(rows) {
      for (const connection of rows) {
        const grant = grantOf(connection);
        const isDead = connection.state === 'needs-reauthorization';
        if (grant !== undefined && !isDead && adobe.areSpent(tokensOf(connection))) {
          spentBeforeRestore.add(grant);
        }
      }
    },

    onEvent(connection, event) {
      const grant = connection && grantOf(connection);
      if (grant === undefined || event.type !== 'Expiring Soon') return;
      if (adobe.endOf(grant) - nowMs() >= WARNED_AHEAD_MS) warned.add(grant);
    },

    onRevoked(user) {
      revoked.add(user);
    },

    isLost,

    close(rows) {
      for (const connection of rows) {
        if (connection.state !== 'needs-reauthorization') classifyUndecided(connection);
      }
      const fixedEnds = adobe
        .fixedGrantsInTheirLast(WARNED_AHEAD_MS)
        .filter((grant) => !spentBeforeRestore.has(grant));
      return {
        ...counts,
        lostInWindow: lostInWindow.size,
        lostByRestore: lostByRestore.size,
        spentBeforeRestore: spentBeforeRestore.size,
        revoked: revoked.size,
        revokedAndFound: [...revoked].filter((user) => found.has(user)).length,
        fixedEndsSeen: fixedEnds.length,
        fixedEndsWarned: fixedEnds.filter((grant) => warned.has(grant)).length,
      };
    },
  };
}
