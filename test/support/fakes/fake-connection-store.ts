import { isDeepStrictEqual } from 'node:util';
import type { Connection, Lease, TokenIdentity } from '../../../functions/core/connection/connection.ts';
import { withChanges } from '../../../functions/core/connection/connection-changes.ts';
import { generationTimeMs, isFarAhead } from '../../../functions/core/connection/generation.ts';
import type { ConnectionStore, HeldTokens, Replaced } from '../../../functions/core/ports/connections.ts';
import type { ConnectionMemory } from './connection-memory.ts';

export interface FakeConnectionStore extends ConnectionStore {
  /** What `clockSkewMs` answers from now on. */
  setClockSkewMs(skewMs: number | undefined): void;
}

/** The whole contract of the port over a Map: conditions are checked and applied in one turn, values are copied both ways. */
export function createFakeConnectionStore(memory: ConnectionMemory): FakeConnectionStore {
  const { connections } = memory;
  let skewMs: number | undefined = 0;

  return {
    async read(connectionId) {
      await Promise.resolve();
      return structuredClone(connections.get(connectionId));
    },

    async readGeneration(connectionId) {
      await Promise.resolve();
      return connections.get(connectionId)?.generation;
    },

    async claim({ token, lease, states, nowMs, leaseMarginMs, changes }) {
      await Promise.resolve();
      const stored = connections.get(token.connectionId);
      if (!isThatToken(stored, token)) return 'conflict';
      if (!states.includes(stored.state) || isLive(stored.lease, nowMs, leaseMarginMs)) return 'conflict';
      if (stored.nextAttemptAtMs !== token.nextAttemptAtMs) return 'conflict';
      if (stored.revocations.length !== token.revocations.length) return 'conflict';
      connections.set(token.connectionId, copyOf(withChanges(stored, { ...changes, lease })));
      return 'claimed';
    },

    async update(update) {
      const { token, changes, onlyIfLeasedBy, onlyIfState, onlyIfOutboxIs, onlyIfRevocationsAre } = update;
      const { onlyIfNextAttemptIs, onlyIfTokensAre } = update;
      await Promise.resolve();
      const stored = connections.get(token.connectionId);
      if (!isThatToken(stored, token)) return 'conflict';
      if (onlyIfLeasedBy !== undefined && (stored.lease?.runId ?? null) !== onlyIfLeasedBy) return 'conflict';
      if (onlyIfState !== undefined && stored.state !== onlyIfState) return 'conflict';
      if (onlyIfOutboxIs !== undefined && !holdsExactly(stored, onlyIfOutboxIs)) return 'conflict';
      const owed = stored.revocations.length;
      if (onlyIfRevocationsAre !== undefined && owed !== onlyIfRevocationsAre) return 'conflict';
      const nextAttempt = stored.nextAttemptAtMs ?? null;
      if (onlyIfNextAttemptIs !== undefined && nextAttempt !== onlyIfNextAttemptIs) return 'conflict';
      if (onlyIfTokensAre !== undefined && !isDeepStrictEqual(tokensOf(stored), tokensOf(onlyIfTokensAre)))
        return 'conflict';
      connections.set(token.connectionId, copyOf(withChanges(stored, changes)));
      return 'written';
    },

    async begin(connection, replacing) {
      await Promise.resolve();
      const stored = connections.get(connection.connectionId);
      if (stored !== undefined && stored.generation >= connection.generation) {
        const mayGiveWay = replacing !== undefined && isFarAheadOf(stored, connection);
        if (!mayGiveWay) return 'conflict';
      }
      if (replacing !== undefined && !isReplaced(stored, replacing)) return 'conflict';
      connections.set(connection.connectionId, structuredClone(connection));
      return 'written';
    },

    async remove(connectionId, generation) {
      await Promise.resolve();
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

const tokensOf = ({ refresh, previous, alternate, revocations }: HeldTokens | Connection) => ({
  refresh,
  previous,
  alternate,
  revocations,
});

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
  const owesTheSame = stored.revocations.length === replaced.revocations.length;
  const keepsTheSame = (stored.alternate === undefined) === (replaced.alternate === undefined);
  const isMarkedTheSame = isDeepStrictEqual(stored.consentUnderWay, replaced.consentUnderWay);
  return holdsExactly(stored, events) && owesTheSame && keepsTheSame && isMarkedTheSame;
}

function holdsExactly({ outbox }: Connection, eventIds: readonly string[]): boolean {
  return outbox.length === eventIds.length && outbox.every((event, at) => event.id === eventIds[at]);
}
