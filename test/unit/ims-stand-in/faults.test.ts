import { describe, expect, it } from 'vitest';
import { jsonAnswer } from '../../../local/ims/answer.ts';
import { deliverWithFault } from '../../../local/ims/fault-delivery.ts';
import { createFaultBook, type FaultSubject, type ImsFault } from '../../../local/ims/faults.ts';

const aliceRefreshes: FaultSubject = { endpoint: 'token', user: 'alice', grantType: 'refresh_token' };
const bobRefreshes: FaultSubject = { ...aliceRefreshes, user: 'bob' };

describe('the queue of faults', () => {
  it('applies each fault once, in order, then stops', () => {
    const faults = createFaultBook();
    faults.next([{ kind: 'empty-500' }, { kind: 'cut-after-commit' }]);
    const taken = [1, 2, 3].map(() => faults.take(aliceRefreshes)?.kind);
    expect(taken).toEqual(['empty-500', 'cut-after-commit', undefined]);
  });

  it('passes over requests that do not fit the filter', () => {
    const faults = createFaultBook();
    faults.next({ kind: 'empty-500' }, { user: 'bob', grantType: 'refresh_token' });
    expect(faults.take(aliceRefreshes)).toBeUndefined();
    expect(faults.take({ ...bobRefreshes, grantType: 'authorization_code' })).toBeUndefined();
    expect(faults.take({ ...bobRefreshes, endpoint: 'revoke' })).toBeUndefined();
    expect(faults.take(bobRefreshes)?.kind).toBe('empty-500');
  });

  it('applies a standing fault to every request until that fault is ended', () => {
    const faults = createFaultBook();
    const end = faults.always({ kind: 'unavailable' });
    faults.next({ kind: 'empty-500' });
    expect([1, 2, 3].map(() => faults.take(aliceRefreshes)?.kind)).toEqual([
      'empty-500',
      'unavailable',
      'unavailable',
    ]);
    end();
    expect(faults.take(aliceRefreshes)).toBeUndefined();
  });

  it('applies a fault to a share of the requests', () => {
    const faults = createFaultBook();
    let seen = 0;
    faults.always({ kind: 'empty-500' }, { when: () => seen++ % 2 === 0 });
    expect([1, 2, 3, 4].map(() => faults.take(aliceRefreshes) !== undefined)).toEqual([
      true,
      false,
      true,
      false,
    ]);
  });

  it('drops every fault when cleared', () => {
    const faults = createFaultBook();
    faults.next({ kind: 'empty-500' });
    faults.always({ kind: 'unavailable' });
    faults.clear();
    expect(faults.take(aliceRefreshes)).toBeUndefined();
  });
});

describe('a fault on its way', () => {
  const nowMs = Date.UTC(2026, 0, 1);
  const abandoned = new AbortController().signal;
  const deliver = async (fault: ImsFault | undefined) => {
    let processed = 0;
    const process = () => {
      processed += 1;
      return jsonAnswer(200, {
        access_token: 'a',
        refresh_token: 'r',
        token_type: 'bearer',
        expires_in: 86_399,
      });
    };
    const sleep = async () => undefined;
    return { ...(await deliverWithFault(fault, process, { nowMs, sleep, abandoned })), processed };
  };

  it.each<ImsFault>([
    { kind: 'rate-limited' },
    { kind: 'unavailable' },
    { kind: 'empty-500' },
    { kind: 'html-body' },
    { kind: 'error', status: 400, body: { error: 'x' } },
    { kind: 'cut-before-processing' },
    { kind: 'gateway-error', status: 504 },
  ])('$kind keeps the request from being processed', async (fault) => {
    expect((await deliver(fault)).processed).toBe(0);
  });

  it.each<ImsFault>([
    { kind: 'unavailable', afterCommit: true },
    { kind: 'empty-500', afterCommit: true },
    { kind: 'html-body', afterCommit: true },
    { kind: 'truncated-json' },
    { kind: 'oversized-body' },
    { kind: 'cut-after-commit' },
    { kind: 'cut-within-answer', bytes: 30 },
    { kind: 'cut-within-answer', at: { place: 'in', member: 'refresh_token' } },
    { kind: 'gateway-error', status: 504, afterCommit: true },
  ])('$kind happens after the request was processed and hides the successor', async (fault) => {
    const delivery = await deliver(fault);
    expect(delivery.processed).toBe(1);
    expect(delivery.successorAnswer).toBe(fault.kind);
  });

  it.each<ImsFault>([
    { kind: 'no-access-token' },
    { kind: 'expires-in-null' },
    { kind: 'no-token-type' },
    { kind: 'wrong-unit' },
    { kind: 'slow', delayMs: 1 },
    { kind: 'chunked' },
    { kind: 'cut-within-answer', at: { place: 'after', member: 'refresh_token' } },
  ])('$kind still carries the successor', async (fault) => {
    const delivery = await deliver(fault);
    expect(JSON.parse(delivery.answer.body)).toMatchObject({ refresh_token: 'r' });
    expect(delivery.successorAnswer).toBe('delivered');
  });

  it.each([
    [undefined, 41, 'delivered'],
    [16, 16, 'cut-within-answer'],
    [38, 38, 'cut-within-answer'],
    [39, 39, 'delivered'],
    [9_999, 81, 'delivered'],
  ])(
    'an answer cut after %s bytes hides the successor unless it stands in them whole',
    async (asked, bytes, hides) => {
      const fault = { kind: 'cut-within-answer', ...(asked !== undefined && { bytes: asked }) } as const;
      const { cut, successorAnswer } = await deliver(fault);
      expect(cut).toEqual({ bytes, framing: 'length' });
      expect(successorAnswer).toBe(hides);
    },
  );

  it('sends Retry-After as seconds, as a date on the virtual clock, or in the body', async () => {
    const retryAfter = (as: 'seconds' | 'http-date' | 'body') =>
      deliver({ kind: 'rate-limited', retryAfter: { as, seconds: 90 } });
    expect((await retryAfter('seconds')).answer.headers['retry-after']).toBe('90');
    expect((await retryAfter('http-date')).answer.headers['retry-after']).toBe(
      'Thu, 01 Jan 2026 00:01:30 GMT',
    );
    const inBody = (await retryAfter('body')).answer;
    expect(inBody.headers['retry-after']).toBeUndefined();
    expect(JSON.parse(inBody.body)).toMatchObject({ retryAfter: 90 });
  });

  it('passes refusals through the faults that only alter successes', async () => {
    const refusal = jsonAnswer(400, { error: 'access_denied' });
    const delivery = await deliverWithFault({ kind: 'no-access-token' }, () => refusal, {
      nowMs,
      sleep: async () => undefined,
      abandoned,
    });
    expect(delivery.answer).toBe(refusal);
  });
});
