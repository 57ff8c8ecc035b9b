import { describe, expect, it } from 'vitest';
import { stateInWords } from '../../../cli/commands/show-command.ts';
import { fromNowInWords, spanInWords } from '../../../cli/spans.ts';
import { explainConnection, explanationLines } from '../../../cli/why/explain-connection.ts';
import type { ConnectionStatusResponse } from '../../../client/contract.ts';

const NOW_MS = Date.UTC(2026, 0, 15, 12);
const HOUR_MS = 3_600_000;
const at = (hours: number) => new Date(NOW_MS + hours * HOUR_MS).toISOString();

const WELL: ConnectionStatusResponse = {
  connectionId: 'acme.1',
  state: 'active',
  scopes: ['openid'],
  renewable: true,
  sliding: 'yes',
  connectedAt: at(-200),
  rotatedAt: at(-20),
  refreshExpiresAt: at(300),
  nextTryAt: at(120),
};

function why(changes: Partial<ConnectionStatusResponse>): readonly string[] {
  const explained = explainConnection({ ...WELL, ...changes }, NOW_MS);
  return explanationLines('acme.1', explained, NOW_MS);
}

describe('The explanation of a connection', () => {
  it.each<[string, Partial<ConnectionStatusResponse>, RegExp[]]>([
    ['all is well', {}, [/is active\.$/, /rotation succeeded/, /again in 5 d/, /Do: +Nothing\.$/]],
    [
      'Adobe loses its answers',
      { lastError: 'server-error', failingSince: at(-190), failedTries: 42, nextTryAt: at(8.62) },
      [
        /server-error, 42 tries/,
        /7 d 22 h ago/,
        /in 8 h 37 min.*lost unless a try succeeds in 12 d 12 h/,
        /doctor/,
      ],
    ],
    [
      'a breaker holds it',
      { heldByBreaker: true, lateSince: at(-30) },
      [/breaker is open/, /1 d 6 h ago/, /says which breaker/],
    ],
    [
      'the grant is suspect',
      { state: 'suspect', lastError: 'refused', failedTries: 2, failingSince: at(-9) },
      [/is suspect/, /refused, 2 tries/, /offer the user/],
    ],
    [
      'the grant is believed dead',
      { state: 'needs-reauthorization', noNewTokens: 'reauthorization_required', lastError: 'refused' },
      [/is needs-reauthorization/, /Adobe refuses the grant/, /consent again/],
    ],
    [
      'the grant has expired',
      { noNewTokens: 'expired', refreshExpiresAt: at(-2), lastError: 'timeout' },
      [/active, but gives no new token/, /expired while tries failed \(timeout\)/, /2 h ago/, /connect/],
    ],
    [
      'there is no refresh token',
      { noNewTokens: 'not_renewable', renewable: false },
      [/gives no new token/, /without offline_access/, /offline_access/],
    ],
    ['no key opens it', { noNewTokens: 'seal_broken' }, [/No key opens/, /seal-broken/]],
    ['it was disconnected', { state: 'disconnecting', noNewTokens: 'disconnected' }, [/disconnected/]],
    [
      'the user must act',
      { state: 'needs-user-action', lastError: 'ride_X', userActionUrl: 'https://account.adobe.com/x' },
      [/ride_X/, /https:\/\/account.adobe.com\/x/],
    ],
    ['the vault is misconfigured for it', { degraded: 'invalid_scope' }, [/invalid_scope/, /console/]],
    [
      'nothing could be posted',
      { lastError: 'not-posted', failedTries: 3 },
      [/could not post \(3 tries\)/, /keys-unavailable/],
    ],
    ['only its schedule is missing', { lateSince: at(-5) }, [/rotation is late/, /5 h ago/, /rotate/]],
    ['no rotation extends it', { sliding: 'no' }, [/grant expires in 12 d/, /consent again before/]],
  ])('says what is so when %s, in five lines at most', (_, changes, expected) => {
    const lines = why(changes);
    expect(lines.length).toBeLessThanOrEqual(5);
    for (const pattern of expected) expect(lines.join('\n')).toMatch(new RegExp(pattern.source, 'm'));
  });
});

describe('The state in words', () => {
  it.each([
    ['not_renewable', /no refresh token/],
    ['expired', /has expired/],
    ['seal_broken', /no key/],
    ['reauthorization_required', /consent again/],
  ] as const)('of a connection that gives no new token is never plain active: %s', (noNewTokens, words) => {
    expect(stateInWords({ state: 'active', noNewTokens })).toMatch(words);
    expect(stateInWords({ state: 'active' })).toBe('active');
  });
});

describe('A span in words', () => {
  it.each([
    [0, '0 s'],
    [-5, '0 s'],
    [59_400, '59 s'],
    [60_000, '1 min'],
    [8.62 * HOUR_MS, '8 h 37 min'],
    [24 * HOUR_MS, '1 d'],
    [191 * HOUR_MS, '7 d 23 h'],
  ])('%d ms', (ms, words) => {
    expect(spanInWords(ms)).toBe(words);
  });

  it('is stated relative to now', () => {
    expect(fromNowInWords(NOW_MS + HOUR_MS, NOW_MS)).toBe('in 1 h');
    expect(fromNowInWords(NOW_MS - HOUR_MS, NOW_MS)).toBe('1 h ago');
    expect(fromNowInWords(NOW_MS, NOW_MS)).toBe('now');
  });
});
