import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import {
  deriveConnectionId,
  isConnectionId,
  isReservedConnectionId,
  subjectKeyOf,
} from '../../../functions/core/connection/connection-id.ts';

describe('a connection id', () => {
  test.each(['a', '0', 'acme.user-42', 'A_b.c-D', 'x'.repeat(128)])('may be "%s"', (id) => {
    expect(isConnectionId(id)).toBe(true);
  });

  test.each([
    '',
    '.hidden',
    '-dash',
    '_line',
    'x'.repeat(129),
    'user@example.test',
    'a/b',
    'a b',
    'a*',
    'a?',
    'a\n',
    'ä',
    'a%2Fb',
    '..',
  ])('may not be "%s"', (id) => {
    expect(isConnectionId(id)).toBe(false);
  });

  test.each([undefined, null, 42, ['a'], { id: 'a' }])('is a string, not %s', (value) => {
    expect(isConnectionId(value)).toBe(false);
  });

  test.each([
    ['adobe-x', true],
    ['Adobe-x', true],
    ['ADOBE-', true],
    ['adobe', false],
    ['acme.adobe-x', false],
  ])('"%s" is reserved for plain sign-ins: %s', (id, reserved) => {
    expect(isReservedConnectionId(id)).toBe(reserved);
  });
});

describe('the id of a plain sign-in', () => {
  test('is the prefix and 26 characters of the digest of client and subject', () => {
    // Independently: RFC 4648 base32 through BigInt over the same JSON.
    const digest = createHash('sha256').update('["client","ABC@AdobeID"]').digest('hex');
    const bits = BigInt(`0x${digest}`).toString(2).padStart(256, '0');
    const expected = Array.from(
      { length: 26 },
      (_, at) => 'abcdefghijklmnopqrstuvwxyz234567'[Number.parseInt(bits.slice(at * 5, at * 5 + 5), 2)],
    ).join('');
    expect(deriveConnectionId('client', 'ABC@AdobeID')).toBe(`adobe-${expected}`);
  });

  test('is itself a valid and reserved connection id', () => {
    const id = deriveConnectionId('client', 'ABC@AdobeID');
    expect(isConnectionId(id)).toBe(true);
    expect(isReservedConnectionId(id)).toBe(true);
  });

  test('differs by client, by subject and by the case of the subject', () => {
    const ids = [
      deriveConnectionId('client', 'ABC@AdobeID'),
      deriveConnectionId('client', 'abc@AdobeID'),
      deriveConnectionId('client-2', 'ABC@AdobeID'),
      // The border between the two is part of what is hashed.
      deriveConnectionId('clientA', 'BC@AdobeID'),
      deriveConnectionId('client"', ',"ABC@AdobeID'),
    ];
    expect(new Set(ids).size).toBe(ids.length);
  });
});

describe('the subject key', () => {
  test('is the same for one user under one client, and different under another client', () => {
    expect(subjectKeyOf('client', 'ABC@AdobeID')).toBe(subjectKeyOf('client', 'ABC@AdobeID'));
    expect(subjectKeyOf('client', 'ABC@AdobeID')).not.toBe(subjectKeyOf('client-2', 'ABC@AdobeID'));
    expect(subjectKeyOf('client', 'ABC@AdobeID')).not.toBe(subjectKeyOf('client', 'abc@AdobeID'));
  });

  test('does not show the user', () => {
    expect(subjectKeyOf('client', 'ABC@AdobeID')).toMatch(/^[A-Za-z0-9_-]{43}$/);
  });
});
