import { createHash } from 'node:crypto';
import { inspect } from 'node:util';

/** A live access token. Only `accessToken` and `authorization` reveal it. JSON and `console.log` do not. */
export class AccessToken {
  /** The connection that the token belongs to. */
  readonly connectionId: string;
  /** How to send the token (RFC 6750 §2.1). */
  readonly tokenType = 'Bearer';
  /** When the token expires: epoch milliseconds by this process's own clock. */
  readonly expiresAtMs: number;
  /** What the token allows. */
  readonly scopes: readonly string[];
  readonly #value: string;

  constructor(fields: {
    accessToken: string;
    connectionId: string;
    expiresAtMs: number;
    scopes: readonly string[];
  }) {
    this.#value = fields.accessToken;
    this.connectionId = fields.connectionId;
    this.expiresAtMs = fields.expiresAtMs;
    this.scopes = fields.scopes;
  }

  /** The token itself. Never log it. */
  get accessToken(): string {
    return this.#value;
  }

  /** The value of an `Authorization` header (RFC 6750 §2.1). */
  get authorization(): string {
    return `Bearer ${this.#value}`;
  }

  toString(): string {
    return '[redacted]';
  }

  toJSON(): object {
    const { connectionId, expiresAtMs, scopes } = this;
    return { connectionId, accessToken: '[redacted]', expiresAtMs, scopes };
  }

  [inspect.custom](): object {
    return this.toJSON();
  }
}

/** First 16 hex digits of the SHA-256: names a token without showing it. */
export function accessTokenDigest(accessToken: string): string {
  return createHash('sha256').update(accessToken).digest('hex').slice(0, 16);
}
