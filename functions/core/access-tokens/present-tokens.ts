import type { AccessTokenStore } from '../ports/access-tokens.ts';
import type { ConnectionStore } from '../ports/connections.ts';

export interface PresentTokensDeps {
  readonly accessTokens: Pick<AccessTokenStore, 'read'>;
  readonly connections: Pick<ConnectionStore, 'readGeneration'>;
}

/**
 * The cache as the connection's own generation allows it to be read. What an earlier consent left, or a copy of it that was put
 * back over its tombstone, counts as nothing stored. Both tables are asked at once. A token of a later generation is
 * younger than the connection that was read: it was published in between.
 */
export function createPresentTokens({
  accessTokens,
  connections,
}: PresentTokensDeps): Pick<AccessTokenStore, 'read'> {
  return {
    async read(connectionId, scopeSet) {
      const [record, generation] = await Promise.all([
        accessTokens.read(connectionId, scopeSet),
        connections.readGeneration(connectionId),
      ]);
      const isPresent = record && generation !== undefined && record.generation >= generation;
      return isPresent ? record : undefined;
    },
  };
}
