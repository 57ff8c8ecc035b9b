import type { AccessTokenRecord } from '../../../functions/core/domain/access-token-record.ts';
import type { Breakers } from '../../../functions/core/domain/breakers.ts';
import type { Connection } from '../../../functions/core/domain/connection.ts';

/**
 * What DynamoDB would count: the bytes of attribute names and values ("Item sizes and formats" of its guide). Tokens of
 * Adobe are JWTs of more than a kilobyte; ours are short, so sealed ones are counted as long as the real ones would be.
 */
const SEALED_REFRESH_BYTES = 220 + 1_200;
const SEALED_ACCESS_BYTES = 220 + 1_500;
const LIST_OR_MAP = 3;
const PER_ELEMENT = 1;

/** `readUnits` of a strongly consistent read; half of it otherwise. */
export const readUnits = (bytes: number): number => Math.max(1, Math.ceil(bytes / 4_096));
export const writeUnits = (bytes: number): number => Math.max(1, Math.ceil(bytes / 1_024));

export function connectionBytes(connection: Connection): number {
  let bytes = 'wakeShard'.length + 2;
  for (const [name, value] of Object.entries(connection)) {
    if (value !== undefined) bytes += name.length + valueBytes(value, SEALED_REFRESH_BYTES);
  }
  return bytes;
}

export function accessTokenBytes(record: AccessTokenRecord): number {
  return objectBytes(record, SEALED_ACCESS_BYTES) + 'ttlEpochSeconds'.length + 6;
}

export function breakersBytes(breakers: Breakers): number {
  return objectBytes(breakers, 0) + 'keybreakers'.length;
}

function objectBytes(object: object, sealedBytes: number): number {
  let bytes = 0;
  for (const [name, value] of Object.entries(object)) {
    if (value !== undefined) bytes += name.length + valueBytes(value, sealedBytes);
  }
  return bytes;
}

function valueBytes(value: unknown, sealedBytes: number): number {
  switch (typeof value) {
    case 'string':
      return value.length;
    case 'number':
      return Math.ceil(digitsOf(value) / 2) + 1;
    case 'boolean':
      return 1;
    default:
      return nestedBytes(value, sealedBytes);
  }
}

function nestedBytes(value: unknown, sealedBytes: number): number {
  if (value instanceof Uint8Array) return sealedBytes;
  if (Array.isArray(value)) {
    let bytes = LIST_OR_MAP;
    for (const element of value) bytes += PER_ELEMENT + valueBytes(element, sealedBytes);
    return bytes;
  }
  if (typeof value !== 'object' || value === null) return 0;
  return LIST_OR_MAP + PER_ELEMENT * Object.keys(value).length + objectBytes(value, sealedBytes);
}

const digitsOf = (value: number): number => (value < 10 ? 1 : Math.floor(Math.log10(value)) + 1);
