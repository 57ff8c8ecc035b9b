import { NARROWER, type Weakening } from './race-world.ts';

/** The real use cases over ports that lack one condition each: a race test that does not notice proves nothing. */
export const WEAKENINGS = {
  'a claim that ignores the lease': ({ connections }) => ({
    connections: {
      ...connections,
      claim: async ({ expected: token, lease, states, changes }) => {
        const stored = await connections.read(token.connectionId);
        if (!stored || !states.includes(stored.state)) return 'conflict';
        const written = await connections.update({ expected: token, changes: { ...changes, lease } });
        return written === 'written' ? 'claimed' : 'conflict';
      },
    },
  }),
  'a consent that ignores the generation': ({ connections }, { memory }) => ({
    connections: {
      ...connections,
      replaceGeneration: async (connection) => {
        await Promise.resolve();
        memory.connections.set(connection.connectionId, structuredClone(connection));
        return 'written';
      },
    },
  }),
  'a publish without a condition': ({ accessTokens }, world) => ({
    accessTokens: {
      ...accessTokens,
      publish: async (token, ttlEpochSeconds) => {
        if ((await accessTokens.publish(token, ttlEpochSeconds)) === 'published') return 'published';
        world.accessTokens.forgetEverything();
        return accessTokens.publish(token, ttlEpochSeconds);
      },
    },
  }),
  'a claimer that does not look for what is parked': ({ parking }) => ({
    parking: { ...parking, find: async () => undefined },
  }),
  'a revocation that looks for no other connection of the person': () => ({
    subjects: { connectionIdsOf: async () => [] },
  }),
  'a consent that leaves no mark': ({ connections }) => ({
    connections: {
      ...connections,
      update: async (write) =>
        write.changes.consentUnderWay === undefined ? connections.update(write) : 'written',
    },
  }),
  'an ending that leaves the narrower access tokens': ({ accessTokens }) => ({
    accessTokens: {
      ...accessTokens,
      invalidateOlder: async (connectionId, scopeSet, ...rest) =>
        scopeSet === NARROWER
          ? { kind: 'superseded' }
          : accessTokens.invalidateOlder(connectionId, scopeSet, ...rest),
    },
  }),
} as const satisfies Record<string, Weakening>;
