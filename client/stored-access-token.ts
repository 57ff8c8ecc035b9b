import type { TokenRequest } from './token-request.ts';

/** One item of the vault's table AccessTokens, as far as the client needs it. */
export interface StoredAccessToken {
  readonly generation: string;
  readonly version: number;
  readonly sealed: Uint8Array;
  readonly issuedAtMs: number;
  readonly expiresAtMs: number;
  readonly scopes: readonly string[];
  /** First 16 hex digits of the SHA-256 of the token. */
  readonly digest: string | undefined;
  /** When the refresh token behind it is due. Absent where it cannot be renewed. */
  readonly rotateAtMs: number | undefined;
}

/** An attribute as DynamoDB's JSON has it. */
interface Attribute {
  readonly S?: unknown;
  readonly N?: unknown;
  readonly B?: unknown;
  readonly L?: unknown;
}

/** Undefined for a tombstone, a missing item, and anything else. */
export function storedAccessTokenFrom(item: unknown): StoredAccessToken | undefined {
  if (typeof item !== 'object' || item === null) return undefined;
  const field = (name: string): Attribute => attribute(Reflect.get(item, name));
  const generation = text(field('generation'));
  const version = wholeNumber(field('version'));
  const sealed = bytes(field('sealed'));
  const issuedAtMs = wholeNumber(field('issuedAtMs'));
  const expiresAtMs = wholeNumber(field('expiresAtMs'));
  const scopes = texts(field('scopes'));
  if (
    text(field('kind')) !== 'token' ||
    generation === undefined ||
    version === undefined ||
    sealed === undefined ||
    issuedAtMs === undefined ||
    expiresAtMs === undefined ||
    scopes === undefined
  ) {
    return undefined;
  }
  const rotateAtMs = wholeNumber(field('rotateAtMs'));
  const digest = text(field('digest'));
  return { generation, version, sealed, issuedAtMs, expiresAtMs, scopes, digest, rotateAtMs };
}

function attribute(value: unknown): Attribute {
  return typeof value === 'object' && value !== null ? value : {};
}

function text({ S }: Attribute): string | undefined {
  return typeof S === 'string' ? S : undefined;
}

function wholeNumber({ N }: Attribute): number | undefined {
  return typeof N === 'string' && Number.isSafeInteger(Number(N)) ? Number(N) : undefined;
}

function bytes({ B }: Attribute): Uint8Array | undefined {
  return typeof B === 'string' ? Buffer.from(B, 'base64') : undefined;
}

function texts({ L }: Attribute): string[] | undefined {
  if (!Array.isArray(L)) return undefined;
  const found = L.map((entry: unknown) => text(attribute(entry)));
  return found.every((entry) => entry !== undefined) ? found : undefined;
}

const DEFAULT_MIN_TTL_MS = 300_000;
/** In the last part of a token's life the vault must get the request, because it then starts a rotation. */
const LOW_LIFE_SHARE = 0.1;

/**
 * May this token be used without asking the vault? Stricter than the vault's own rule, so that the vault decides every
 * doubtful case: a token near its expiry, an overdue rotation, a required life that is too long, a token that an Adobe
 * API rejected.
 */
export function isPlainlyGood(stored: StoredAccessToken, request: TokenRequest, nowMs: number): boolean {
  const lifeMs = stored.expiresAtMs - stored.issuedAtMs;
  const leftMs = stored.expiresAtMs - nowMs;
  const { minTtlSeconds } = request;
  const requiredMs =
    minTtlSeconds === undefined ? Math.min(DEFAULT_MIN_TTL_MS, lifeMs / 2) : minTtlSeconds * 1000;
  const overdue =
    request.scopeSet === undefined && stored.rotateAtMs !== undefined && nowMs >= stored.rotateAtMs;
  const rejected = request.rejectedDigest !== undefined && stored.digest === request.rejectedDigest;
  return (
    !rejected &&
    leftMs > 0 &&
    requiredMs <= lifeMs / 2 &&
    leftMs >= Math.max(requiredMs, lifeMs * LOW_LIFE_SHARE) &&
    !overdue
  );
}
