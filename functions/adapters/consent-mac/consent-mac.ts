import { createHmac, hkdfSync, timingSafeEqual } from 'node:crypto';
import {
  type CanonicalRecord,
  type CanonicalValue,
  canonicalJson,
} from '../../../client/sealed-token/canonical-json.ts';
import type { Secret } from '../../core/secret.ts';

/** The kinds of record that carry a MAC. Each has its own key, so that no record passes for one of another kind. */
export type AuthenticKind = 'consent-session' | 'pending-consent';

/** The record as the table holds it, including members that this version does not know. */
export type StoredRecord = Readonly<Record<string, unknown>>;

const KEY_BYTES = 32;
const MAC_BYTES = 32;
/** Set after the record was written. Where `redeemedAtMs` is read, `expiresAtMs` bounds it. */
const CHANGING = new Set(['mac', 'redeemedAtMs']);

/**
 * HMAC-SHA-256 over the canonical JSON of the item's key and every member that never changes.
 * @see https://www.rfc-editor.org/rfc/rfc5869
 * @throws TypeError for a record that the vault never makes, such as one with a fraction in it
 */
export function consentMac(secret: Secret, kind: AuthenticKind, key: string, record: StoredRecord): string {
  return macBytes(secret, kind, key, record).toString('base64url');
}

/** Compares in constant time. A record that the vault cannot have made is not authentic either. */
export function isConsentMac(
  mac: string | undefined,
  secret: Secret,
  kind: AuthenticKind,
  key: string,
  record: StoredRecord,
): boolean {
  const claimed = Buffer.from(mac ?? '', 'base64url');
  if (claimed.length !== MAC_BYTES) return false;
  try {
    return timingSafeEqual(claimed, macBytes(secret, kind, key, record));
  } catch (error) {
    if (error instanceof TypeError) return false;
    throw error;
  }
}

function macBytes(secret: Secret, kind: AuthenticKind, key: string, record: StoredRecord): Buffer {
  const members = Object.entries(record).filter(([name]) => !CHANGING.has(name));
  const text = canonicalJson({ key, record: canonicalRecord(members) });
  return createHmac('sha256', keyOf(secret, kind)).update(text).digest();
}

/** The secret is 256 random bits in some text form. The cookies have their own key, derived in another way. */
function keyOf(secret: Secret, kind: AuthenticKind): Uint8Array {
  const info = `adobe-token-vault ${kind} mac v1`;
  return new Uint8Array(hkdfSync('sha256', secret.reveal(), '', info, KEY_BYTES));
}

function canonicalRecord(members: readonly (readonly [string, unknown])[]): CanonicalRecord {
  const present = members.filter(([, value]) => value !== undefined);
  return Object.fromEntries(present.map(([name, value]) => [utf8(name), canonicalValue(value)]));
}

function canonicalValue(value: unknown): CanonicalValue {
  if (typeof value === 'string') return utf8(value);
  if (typeof value === 'number' || typeof value === 'boolean') return value;
  if (value instanceof Uint8Array) return Buffer.from(value).toString('base64');
  if (Array.isArray(value)) return value.map(canonicalValue);
  if (typeof value === 'object' && value !== null) return canonicalRecord(Object.entries(value));
  throw new TypeError(`A ${typeof value} is not authenticated.`);
}

/** A claim from Adobe may hold half a surrogate pair, which a table does not return unchanged. */
function utf8(text: string): string {
  return Buffer.from(text, 'utf8').toString('utf8');
}
