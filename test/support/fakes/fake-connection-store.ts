import { isDeepStrictEqual } from 'node:util';
import type { Connection, Lease, TokenIdentity } from '../../../functions/core/connection/connection.ts';
import { withChanges } from '../../../functions/core/connection/connection.ts';
import { generationTimeMs, isFarAhead } from '../../../functions/core/connection/generation.ts';
import type { ConnectionStore, HeldTokens, Replaced } from '../../../functions/core/ports/connections.ts';

export interface FakeConnectionStore extends ConnectionStore {
  /** What `clockSkewMs` answers from now on. */
  setClockSkewMs(skewMs: number | undefined): void;
}

/** How a fake store keeps what it is given. */
export interface Keeping {
  /** Rows are never changed in place, so nothing is copied, and a call acts at once: for millions of calls. */
  readonly inPlace: boolean;
}

export const IN_PLACE: Keeping = { inPlace: true };

/**
 * The whole contract of the port over a Map. Conditions are checked and applied in one turn. Values are copied both ways and
 * each call acts a turn later, as over a network, unless rows are kept in place.
 */
export function createFakeConnectionStore(
  { connections }: Pick<ConnectionMemory, 'connections'>,
  { inPlace }: Keeping = { inPlace: false },
): FakeConnectionStore {
  let skewMs: number | undefined = 0;
  const put = (next: Connection) => {
    connections.set(next.connectionId, inPlace ? next : copyOf(next));
  };

  return {
    async read(connectionId) {
      if (inPlace) return connections.get(connectionId);
      await Promise.resolve();
      return structuredClone(connections.get(connectionId));
    },

    async readGeneration(connectionId) {
      if (!inPlace) await Promise.resolve();
      return connections.get(connectionId)?.generation;
    },

    async claim({ expected: token, lease, states, nowMs, leaseMarginMs, changes }) {
      if (!inPlace) await Promise.resolve();
      const stored = connections.get(token.connectionId);
      if (!isThatToken(stored, token)) return 'conflict';
      if (!states.includes(stored.state) || isLive(stored.lease, nowMs, leaseMarginMs)) return 'conflict';
      if (stored.nextAttemptAtMs !== token.nextAttemptAtMs) return 'conflict';
      if (stored.revocations.length !== token.revocations.length) return 'conflict';
      put(withChanges(stored, { ...changes, lease }));
      return 'claimed';
    },

    async update(update) {
      const {
        expected: token,
        changes,
        onlyIfLeasedBy,
        onlyIfState,
        onlyIfOutboxIs,
        onlyIfRevocationsAre,
      } = update;
      const { onlyIfNextAttemptIs, onlyIfTokensAre } = update;
      if (!inPlace) await Promise.resolve();
      const stored = connections.get(token.connectionId);
      if (!isThatToken(stored, token)) return 'conflict';
      if (onlyIfLeasedBy !== undefined && (stored.lease?.runId ?? null) !== onlyIfLeasedBy) return 'conflict';
      if (onlyIfState !== undefined && stored.state !== onlyIfState) return 'conflict';
      if (onlyIfOutboxIs !== undefined && !holdsExactly(stored, onlyIfOutboxIs)) return 'conflict';
      const pending = stored.revocations.length;
      if (onlyIfRevocationsAre !== undefined && pending !== onlyIfRevocationsAre) return 'conflict';
      const nextAttempt = stored.nextAttemptAtMs ?? null;
      if (onlyIfNextAttemptIs !== undefined && nextAttempt !== onlyIfNextAttemptIs) return 'conflict';
      if (onlyIfTokensAre !== undefined && !isDeepStrictEqual(tokensOf(stored), tokensOf(onlyIfTokensAre)))
        return 'conflict';
      put(withChanges(stored, changes));
      return 'written';
    },

    async replaceGeneration(connection, replacing) {
      if (!inPlace) await Promise.resolve();
      const stored = connections.get(connection.connectionId);
      if (stored !== undefined && stored.generation >= connection.generation) {
        const mayGiveWay = replacing !== undefined && isFarAheadOf(stored, connection);
        if (!mayGiveWay) return 'conflict';
      }
      if (replacing !== undefined && !isReplaced(stored, replacing)) return 'conflict';
      put(connection);
      return 'written';
    },

    async remove(connectionId, generation) {
      if (!inPlace) await Promise.resolve();
      const stored = connections.get(connectionId);
      if (stored?.generation !== generation || stored.state !== 'disconnected') return 'conflict';
      connections.delete(connectionId);
      return 'written';
    },

    clockSkewMs: () => skewMs,
    setClockSkewMs(value) {
      skewMs = value;
    },
  };
}

/** As a table keeps it: what is undefined is not there. */
function copyOf(connection: Connection): Connection {
  const copy = structuredClone(connection);
  for (const [name, value] of Object.entries(copy))
    if (value === undefined) Reflect.deleteProperty(copy, name);
  return copy;
}

function tokensOf({ refresh, previous, alternate, revocations }: HeldTokens | Connection) {
  return {
    refresh,
    previous,
    alternate,
    revocations,
  };
}

function isFarAheadOf(stored: Connection, { generation }: Connection): boolean {
  return isFarAhead(stored.generation, generationTimeMs(generation));
}

function isThatToken(stored: Connection | undefined, token: TokenIdentity): stored is Connection {
  return stored?.generation === token.generation && stored.version === token.version;
}

function isLive(lease: Lease | undefined, nowMs: number, marginMs: number): boolean {
  return lease !== undefined && nowMs < lease.untilMs + marginMs;
}

function isReplaced(stored: Connection | undefined, replaced: Replaced): boolean {
  if (replaced === 'nothing') return stored === undefined;
  if (stored?.generation !== replaced.generation || stored.version !== replaced.version) return false;
  const events = replaced.outbox.map(({ id }) => id);
  const hasTheSameRevocations = stored.revocations.length === replaced.revocations.length;
  const hasTheSameAlternate = (stored.alternate === undefined) === (replaced.alternate === undefined);
  const hasTheSameMark = isDeepStrictEqual(stored.consentUnderWay, replaced.consentUnderWay);
  return holdsExactly(stored, events) && hasTheSameRevocations && hasTheSameAlternate && hasTheSameMark;
}

function holdsExactly({ outbox }: Connection, eventIds: readonly string[]): boolean {
  return outbox.length === eventIds.length && outbox.every((event, at) => event.id === eventIds[at]);
}

/** What the fake connection store, due time index and subject index share. */
export interface ConnectionMemory {
  readonly connections: Map<string, Connection>;
  /** What the indexes show: the present items, or those of the moment they were held. */
  indexed(): readonly Connection[];
  /** Lets the indexes lag: they keep showing what they show now. */
  holdIndexes(): void;
  releaseIndexes(): void;
}

export function createConnectionMemory(): ConnectionMemory {
  const connections = new Map<string, Connection>();
  let held: readonly Connection[] | undefined;
  return {
    connections,
    indexed: () => held ?? [...connections.values()],
    holdIndexes() {
      held = structuredClone([...connections.values()]);
    },
    releaseIndexes() {
      held = undefined;
    },
  };
}
