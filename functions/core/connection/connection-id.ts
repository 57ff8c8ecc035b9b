import { createHmac, hash } from 'node:crypto';
import { CONNECTION_ID } from '../../../client/contract.ts';
import { base32LowerCase } from '../base32.ts';

const DERIVED_PREFIX = 'adobe-';
const DERIVED_LENGTH = 26;

/** The app's own opaque key for one of its users, or the derived key of a plain sign-in. */
export function isConnectionId(value: unknown): value is string {
  return typeof value === 'string' && CONNECTION_ID.test(value);
}

/** Ids that start with `adobe-` are derived from Adobe's `sub`. An app may not choose one. */
export function isReservedConnectionId(connectionId: string): boolean {
  return connectionId.toLowerCase().startsWith(DERIVED_PREFIX);
}

/** The connectionId of a plain sign-in: the same Adobe user always gets the same id under one credential. */
export function deriveConnectionId(clientId: string, subject: string): string {
  const digest = hash('sha256', JSON.stringify([clientId, subject]), 'buffer');
  return DERIVED_PREFIX + base32LowerCase(digest).slice(0, DERIVED_LENGTH);
}

/**
 * The key under which all connections of one Adobe user are found (index `subject`).
 * Keyed by the client id, so that two vaults never share a key for one person. The item holds `sub` itself: the key serves
 * look-ups, not secrecy.
 */
export function subjectKeyOf(clientId: string, subject: string): string {
  return createHmac('sha256', clientId).update(subject).digest('base64url');
}

/** Whether two subject keys may belong to one person. An unknown one may belong to any. */
export function mayBeOnePerson(one: string | undefined, other: string | undefined): boolean {
  return one === undefined || other === undefined || one === other;
}

/**
 * Name and e-mail address, as Adobe states them. Stored only where the operator chose so, and shown by the status
 * alone.
 */
export interface Profile {
  readonly name?: string;
  readonly email?: string;
}

const LONGEST_NAME = 256;
/** RFC 5321 §4.5.3.1: 64 characters, an at sign, 255 characters. */
const LONGEST_EMAIL = 320;

/** Name and e-mail address from the claims of an ID token, and nothing else. `undefined` when it contains neither. */
export function profileOf(claims: Readonly<Record<string, string | boolean>>): Profile | undefined {
  const { name: fullName, given_name: given, family_name: family, email: address } = claims;
  const name = textOf(fullName, LONGEST_NAME) ?? textOf(joined(given, family), LONGEST_NAME);
  const email = textOf(address, LONGEST_EMAIL);
  if (name === undefined && email === undefined) return undefined;
  return { ...(name !== undefined && { name }), ...(email !== undefined && { email }) };
}

function joined(...parts: readonly unknown[]): string {
  return parts.filter((part) => typeof part === 'string' && part !== '').join(' ');
}

function textOf(claim: unknown, longest: number): string | undefined {
  return typeof claim === 'string' && claim !== '' && claim.length <= longest ? claim : undefined;
}
