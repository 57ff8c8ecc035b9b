import { describe, expect, it } from 'vitest';
import { diagnoseVault } from '../../../cli/doctor/diagnose-vault.ts';
import { exitCodeOf, type Finding } from '../../../cli/doctor/finding.ts';
import { fleetFacts } from '../../../cli/doctor/gather-fleet.ts';
import type { VaultFacts } from '../../../cli/doctor/vault-facts.ts';
import type { Attempt, AttemptKind, OpenBreaker } from '../../../functions/core/rotation/breakers.ts';
import { healthyFacts } from './healthy-facts.ts';

const NOW_MS = healthyFacts.nowMs;
const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

function known<Value>(value: Value) {
  return { known: true, value } as const;
}

function open(changes: Partial<OpenBreaker> = {}): OpenBreaker {
  return {
    reason: 'unknown outcomes',
    openedAtMs: NOW_MS - 8 * DAY_MS,
    openUntilMs: NOW_MS + 12 * MINUTE_MS,
    reopened: 4,
    ...changes,
  };
}

function attempts(kind: AttemptKind, count: number, code?: string): readonly Attempt[] {
  return Array.from({ length: count }, (_, at) => ({
    connection: `c${at}`,
    kind,
    atMs: NOW_MS - 4 * MINUTE_MS,
    ...(code !== undefined && { code }),
  }));
}

function breakers(changes: object) {
  return { breakers: known({ revision: 9, recent: [], ...changes }) };
}

function fleet(changes: object) {
  if (!healthyFacts.fleet.known) throw new Error('The fleet of the healthy facts is known.');
  return { fleet: known({ ...healthyFacts.fleet.value, ...changes }) };
}

const OUTAGE: Partial<VaultFacts> = {
  ...breakers({ outage: open(), recent: attempts('unknown', 20, 'server-error') }),
  ...fleet({
    counted: 40,
    byState: { active: 38, suspect: 2 },
    late: 31,
    lateSinceMs: NOW_MS - 30 * HOUR_MS,
    lateFirstExpiryMs: NOW_MS + 61 * HOUR_MS,
    lateExamples: ['acme.1'],
  }),
  tokenEndpoint: known({ answers: false, code: 'server-error' }),
};

function diagnose(changes: Partial<VaultFacts>): readonly Finding[] {
  return diagnoseVault({ ...healthyFacts, ...changes });
}

function found(changes: Partial<VaultFacts>, check: Finding['check']): readonly Finding[] {
  return diagnose(changes).filter((finding) => finding.check === check);
}

describe('After eight days of 503', () => {
  it('the exit code says that something is wrong', () => {
    expect(exitCodeOf(diagnose(OUTAGE))).toBe(1);
    expect(exitCodeOf(diagnose({}))).toBe(0);
  });

  it.each<[Finding['check'], RegExp[]]>([
    ['breakers', [/outage breaker is open since 2026-01-07T12:00/, /8 d ago/, /may pass in 12 min/]],
    [
      'token-endpoint',
      [/does not answer \(server-error\)/, /last 20 posts: 20 lost \(server-error\)/, /4 min ago/],
    ],
    ['connections', [/38 active, 2 suspect/, /31 are late, by up to 1 d 6 h/, /lost in 2 d 13 h/]],
  ])('%s says what is wrong', (check, patterns) => {
    const [finding] = found(OUTAGE, check);
    expect(finding?.level).toBe('error');
    for (const pattern of patterns) expect(finding?.message).toMatch(pattern);
    expect(finding?.remedy).not.toBe('');
  });

  it('names a late connection to look at', () => {
    expect(found(OUTAGE, 'connections')[0]?.remedy).toContain('why acme.1');
  });
});

type Row = readonly [
  what: string,
  change: Partial<VaultFacts>,
  check: Finding['check'],
  level: Finding['level'],
  RegExp,
];

const ROWS: readonly Row[] = [
  [
    'a slow trickle of 429',
    breakers({ outage: open({ reason: 'throttled' }), recent: attempts('throttled', 5, 'asked-to-wait') }),
    'breakers',
    'warning',
    /429/,
  ],
  [
    'its answers',
    breakers({ recent: attempts('throttled', 5, 'asked-to-wait') }),
    'token-endpoint',
    'warning',
    /answers now.*5 asked to wait/,
  ],
  [
    'a refused credential',
    breakers({ credential: open({ reason: 'invalid_client' }) }),
    'breakers',
    'error',
    /credential breaker/,
  ],
  [
    'many refusals',
    breakers({ recent: attempts('refused', 6, 'access_denied') }),
    'breakers',
    'error',
    /refusal breaker/,
  ],
  [
    'odd answers',
    breakers({ odd: attempts('refused', 6).map(({ connection, atMs }) => ({ connection, atMs })) }),
    'breakers',
    'warning',
    /oddly/,
  ],
  [
    'a trial that may pass now',
    breakers({ outage: open({ openUntilMs: NOW_MS - 1 }) }),
    'breakers',
    'error',
    /may pass now/,
  ],
  [
    'one late connection',
    fleet({
      late: 1,
      lateSinceMs: NOW_MS - 2 * HOUR_MS,
      lateFirstExpiryMs: NOW_MS - HOUR_MS,
      lateExamples: ['a'],
    }),
    'connections',
    'error',
    /1 is late, by up to 2 h.*expired 1 h ago/,
  ],
  ['expired grants', fleet({ expired: 3 }), 'connections', 'error', /3 grants have expired/],
  [
    'degraded connections',
    fleet({ degraded: 2, degradedExamples: ['b'] }),
    'connections',
    'warning',
    /Degraded.*: 2 connections\./,
  ],
  [
    'no refresh tokens',
    fleet({ notRenewable: 4 }),
    'connections',
    'warning',
    /Without a refresh token.*: 4 connections\./,
  ],
  [
    'missed due times',
    {
      missed: known({
        count: 7,
        complete: true,
        oldestDueAtMs: NOW_MS - 3 * HOUR_MS,
        firstExpiryMs: NOW_MS + DAY_MS,
      }),
    },
    'due-times',
    'error',
    /^Missed due times.*: 7\..*due 3 h ago.*lost in 1 d/,
  ],
  [
    'more missed due times than are counted',
    { missed: known({ count: 3_200, complete: false }) },
    'due-times',
    'error',
    /at least 3200/,
  ],
  ['no client secret', { tokenEndpoint: known('not-asked') }, 'token-endpoint', 'unknown', /cannot be asked/],
];

describe('Trouble at Adobe', () => {
  it.each(ROWS)('%s is found', (_, change, check, level, pattern) => {
    const [finding] = found(change, check);
    expect(finding).toMatchObject({ level });
    expect(finding?.message).toMatch(pattern);
  });

  it('a large fleet is counted up to a bound, and the finding says so', () => {
    expect(found(fleet({ counted: 5_000, complete: false }), 'connections')[0]?.message).toMatch(
      /^Only the first 5000 connections were counted/,
    );
  });

  it('what may not be read is unknown', () => {
    const unknown = { known: false, why: 'you may not ask.' } as const;
    const facts = { breakers: unknown, missed: unknown, fleet: unknown, tokenEndpoint: unknown };
    for (const check of ['breakers', 'due-times', 'connections', 'token-endpoint'] as const) {
      expect(found(facts, check)[0]?.level).toBe('unknown');
    }
  });

  it('a clock that is off by five minutes is a fault, by how much', () => {
    const clockAheadMs = 5 * MINUTE_MS;
    expect(found({ api: known({ status: 403, clockAheadMs }) }, 'clock')[0]).toMatchObject({
      level: 'error',
      message: "This machine's clock is 300 seconds ahead of AWS's.",
    });
  });
});

describe('The facts of a fleet', () => {
  it('count states, and name what is late by its expiry', () => {
    const time = (hours: number) => new Date(NOW_MS + hours * HOUR_MS).toISOString();
    const base = { sliding: 'yes', state: 'active' } as const;
    expect(
      fleetFacts([
        { ...base, connectionId: 'well' },
        { ...base, connectionId: 'later', lateSince: time(-9), refreshExpiresAt: time(90) },
        { ...base, connectionId: 'soon', lateSince: time(-4), refreshExpiresAt: time(3) },
        { ...base, connectionId: 'gone', noNewTokens: 'expired', refreshExpiresAt: time(-1) },
        { ...base, connectionId: 'ill', state: 'suspect', degraded: 'invalid_scope' },
        { ...base, connectionId: 'once', noNewTokens: 'not_renewable' },
      ]),
    ).toEqual({
      counted: 6,
      byState: { active: 5, suspect: 1 },
      late: 2,
      lateExamples: ['soon', 'later'],
      lateSinceMs: NOW_MS - 9 * HOUR_MS,
      lateFirstExpiryMs: NOW_MS + 3 * HOUR_MS,
      expired: 1,
      notRenewable: 1,
      degraded: 1,
      degradedExamples: ['ill'],
    });
  });
});
