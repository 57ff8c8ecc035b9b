import type { SealedAccessToken } from '../../../functions/core/access-tokens/access-token-record.ts';
import type { Connection } from '../../../functions/core/connection/connection.ts';
import { mintGeneration } from '../../../functions/core/connection/generation.ts';
import { EVERYTHING_GRANTED } from '../../../functions/core/connection/sealed-token.ts';

const DAY_MS = 86_400_000;

export const EXAMPLE_NOW_MS = Date.UTC(2026, 0, 15, 12);
export const EXAMPLE_CLIENT_ID = 'example-client-id';

/** A generation minted at that moment; `salt` distinguishes two of one moment. */
export function exampleGeneration(atMs = EXAMPLE_NOW_MS, salt = 7): string {
  return mintGeneration(atMs, new Uint8Array(10).fill(salt));
}

/** An active, renewable connection in its first version. Its sealed bytes open under no key. */
export function exampleConnection(changes: Partial<Connection> = {}): Connection {
  const generation = changes.generation ?? exampleGeneration();
  return {
    connectionId: 'acme.user-42',
    generation,
    version: 1,
    state: 'active',
    clientId: EXAMPLE_CLIENT_ID,
    subject: '0123456789ABCDEF01234567@AdobeID',
    subjectKey: 'example-subject-key',
    grantedScopes: ['openid', 'offline_access'],
    renewable: true,
    sliding: 'unknown',
    refresh: { generation, version: 1, sealed: exampleBytes(64) },
    commitIds: [],
    connectedAtMs: EXAMPLE_NOW_MS,
    refreshExpiresAtMs: EXAMPLE_NOW_MS + 14 * DAY_MS,
    rotateAtMs: EXAMPLE_NOW_MS + 7 * DAY_MS,
    dueAtMs: EXAMPLE_NOW_MS + 7 * DAY_MS,
    failures: 0,
    outbox: [],
    revocations: [],
    ...changes,
  };
}

export function exampleAccessToken(changes: Partial<SealedAccessToken> = {}): SealedAccessToken {
  return {
    kind: 'token',
    connectionId: 'acme.user-42',
    scopeSet: EVERYTHING_GRANTED,
    clientId: EXAMPLE_CLIENT_ID,
    generation: exampleGeneration(),
    version: 1,
    sealed: exampleBytes(64),
    issuedAtMs: EXAMPLE_NOW_MS,
    expiresAtMs: EXAMPLE_NOW_MS + DAY_MS,
    scopes: ['openid', 'offline_access'],
    digest: '0123456789abcdef',
    rotateAtMs: EXAMPLE_NOW_MS + 7 * DAY_MS,
    ...changes,
  };
}

export function exampleBytes(length: number): Uint8Array {
  return Uint8Array.from({ length }, (_, at) => at % 251);
}
