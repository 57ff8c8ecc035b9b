import { describe, expect, it } from 'vitest';
import type { ImsFault } from '../../../local/ims/faults.ts';
import { until } from '../../support/time/until.ts';
import { startDriver } from './ims-driver.ts';

async function start() {
  const driver = await startDriver();
  const { refreshToken } = driver.ims.user('alice').issueGrant();
  const strike = (fault: ImsFault) => {
    driver.ims.faults.next(fault);
    return driver.refresh(refreshToken);
  };
  const standing = () => driver.ims.ledger.refreshToken(refreshToken)?.standing;
  return { ...driver, refreshToken, strike, standing };
}

describe('faults that spare the refresh token', () => {
  it('429 says when to retry in each of three ways', async () => {
    const { strike, standing, clock } = await start();
    const limited = (as: 'seconds' | 'http-date' | 'body') =>
      strike({ kind: 'rate-limited', retryAfter: { as, seconds: 30 } });
    const seconds = await limited('seconds');
    expect([seconds.status, seconds.headers.get('retry-after')]).toEqual([429, '30']);
    const date = await limited('http-date');
    expect(date.headers.get('retry-after')).toBe(new Date(clock.nowMs + 30_000).toUTCString());
    const body = await limited('body');
    expect([body.headers.get('retry-after'), body.body.retryAfter]).toEqual([null, 30]);
    expect(standing()).toBe('good');
  });

  it('503 comes with Retry-After or without', async () => {
    const { strike, standing } = await start();
    const plain = await strike({ kind: 'unavailable' });
    expect([plain.status, plain.headers.get('retry-after')]).toEqual([503, null]);
    const dated = await strike({ kind: 'unavailable', retryAfterSeconds: 120 });
    expect([dated.status, dated.headers.get('retry-after')]).toEqual([503, '120']);
    expect(standing()).toBe('good');
  });

  it('500 is empty, and an HTML page comes with any status', async () => {
    const { strike, standing } = await start();
    expect(await strike({ kind: 'empty-500' })).toMatchObject({ status: 500, text: '' });
    const page = await strike({ kind: 'html-body', status: 200 });
    expect(page.status).toBe(200);
    expect(page.headers.get('content-type')).toContain('text/html');
    expect(standing()).toBe('good');
  });

  it('any OAuth error can be put in its place', async () => {
    const { strike, standing } = await start();
    const body = {
      error: 'ride_AdobeID_acct_evs',
      error_type: 'recoverable_user',
      jump: 'https://x.invalid/',
    };
    expect(await strike({ kind: 'error', status: 400, body })).toMatchObject({ status: 400, body });
    expect(standing()).toBe('good');
  });

  it('the connection is cut before the request is looked at', async () => {
    const { ims, strike, standing } = await start();
    await expect(strike({ kind: 'cut-before-processing' })).rejects.toThrow();
    expect(standing()).toBe('good');
    expect(ims.ledger.user('alice')).toMatchObject({
      tokenPosts: { refresh_token: 1 },
      tokenSuccesses: { refresh_token: 0 },
      faults: { 'cut-before-processing': 1 },
      lostAnswers: 0,
    });
  });
});

describe('faults after the rotation was committed', () => {
  it.each(['cut-after-commit', 'cut-within-answer'] as const)('%s: the answer is lost', async (kind) => {
    const { ims, strike, standing } = await start();
    await expect(strike({ kind })).rejects.toThrow();
    expect(standing()).toBe('spent');
    await until(() => ims.ledger.user('alice').lostAnswers === 1);
    expect(ims.ledger.user('alice').tokenSuccesses.refresh_token).toBe(1);
  });

  it.each(['length', 'chunked', 'too-long'] as const)(
    'an answer breaks off after a number of bytes, its length announced as %s',
    async (framing) => {
      const { strike, standing } = await start();
      await expect(strike({ kind: 'cut-within-answer', bytes: 100, framing })).rejects.toThrow();
      expect(standing()).toBe('spent');
    },
  );

  it('an empty 500 can come after the commit', async () => {
    const { strike, standing } = await start();
    expect((await strike({ kind: 'empty-500', afterCommit: true })).status).toBe(500);
    expect(standing()).toBe('spent');
  });

  it('the JSON is truncated', async () => {
    const { strike, standing } = await start();
    const { status, text } = await strike({ kind: 'truncated-json' });
    expect(status).toBe(200);
    expect(() => JSON.parse(text)).toThrow();
    expect(standing()).toBe('spent');
  });

  it('the body is over 64 KB', async () => {
    const { strike } = await start();
    const { text, body } = await strike({ kind: 'oversized-body' });
    expect(text.length).toBeGreaterThan(64 * 1_024);
    expect(body.refresh_token).toBeTypeOf('string');
  });

  it.each([
    ['no-access-token', 'access_token', undefined],
    ['expires-in-null', 'expires_in', null],
    ['no-token-type', 'token_type', undefined],
    ['wrong-unit', 'expires_in', 86_399_000],
  ] as const)('%s: the rest of the answer is whole', async (kind, field, value) => {
    const { strike, refresh } = await start();
    const { status, body } = await strike({ kind });
    expect(status).toBe(200);
    expect(body[field]).toBe(value);
    expect((await refresh(body.refresh_token)).status).toBe(200);
  });

  it('a slow answer is lost to a client that gives up', async () => {
    const { ims, post, refreshToken, standing } = await start();
    ims.faults.next({ kind: 'slow', delayMs: 60_000 });
    const form = {
      grant_type: 'refresh_token',
      refresh_token: refreshToken,
      client_id: 'stand-in-client',
      client_secret: 'p8e-stand-in_secret',
    };
    const givesUp = new AbortController();
    const answer = post('/ims/token/v3', form, { signal: givesUp.signal });
    await until(() => ims.ledger.user('alice').tokenSuccesses.refresh_token === 1);
    givesUp.abort();
    await expect(answer).rejects.toThrow();
    expect(standing()).toBe('spent');
    await until(() => ims.ledger.user('alice').lostAnswers === 1);
  });
});

describe('an answer that does not arrive whole', () => {
  /** What a client has received when the connection ends, however it ends. */
  const received = async (fault: ImsFault) => {
    const { baseUrl, ims, refreshToken, standing } = await start();
    ims.faults.next(fault, { user: 'alice' });
    const part = await receivedFrom(baseUrl, refreshToken);
    expect(standing()).toBe('spent');
    return part;
  };

  it.each(['length', 'chunked', 'within-a-chunk', 'too-long', 'too-short'] as const)(
    'ends before, in and after a member (%s)',
    async (framing) => {
      const [before, within, after] = await Promise.all(
        (['before', 'in', 'after'] as const).map((place) =>
          received({ kind: 'cut-within-answer', at: { place, member: 'refresh_token' }, framing }),
        ),
      );
      expect(before?.text).toMatch(/,$/);
      expect(within?.text).toMatch(/"refresh_token":"[^"]+$/);
      expect(after?.text).toMatch(/"refresh_token":"[^"]+"$/);
      // A missing last chunk is no error to a client that closes its connections: Node's fetch takes it for the end.
      if (/chunk/.test(framing)) return;
      for (const part of [before, within, after]) expect(part?.isWhole).toBe(framing === 'too-short');
    },
  );

  it('arrives in chunks, and whole', async () => {
    const { text, isWhole, headers } = await received({ kind: 'chunked', chunkBytes: 7 });
    expect([isWhole, headers.get('transfer-encoding')]).toEqual([true, 'chunked']);
    expect(JSON.parse(text).refresh_token).toBeTypeOf('string');
  });

  it('is whole, and the client waits for more', async () => {
    const { text, isWhole } = await received({
      kind: 'cut-within-answer',
      bytes: 99_999,
      framing: 'too-long',
    });
    expect(isWhole).toBe(false);
    expect(JSON.parse(text).refresh_token).toBeTypeOf('string');
  });
});

/** Includes the bytes that arrive before a broken end. */
async function receivedFrom(baseUrl: string, refreshToken: string) {
  const form = { client_id: 'stand-in-client', client_secret: 'p8e-stand-in_secret' };
  const response = await fetch(`${baseUrl}/ims/token/v3`, {
    method: 'POST',
    headers: { connection: 'close' },
    body: new URLSearchParams({ ...form, grant_type: 'refresh_token', refresh_token: refreshToken }),
  });
  const chunks: Uint8Array[] = [];
  let isWhole = true;
  try {
    for await (const chunk of response.body ?? []) chunks.push(chunk);
  } catch {
    isWhole = false;
  }
  const { status, headers } = response;
  return { status, headers, text: Buffer.concat(chunks).toString('utf8'), isWhole };
}

describe('a gateway before IMS', () => {
  it.each([500, 502, 503, 504] as const)(
    'answers %i in its place, before or after the commit',
    async (status) => {
      const { strike, standing } = await start();
      expect(await strike({ kind: 'gateway-error', status })).toMatchObject({ status, text: '' });
      expect(standing()).toBe('good');
      const page = await strike({ kind: 'gateway-error', status, body: 'html', retryAfterSeconds: 7 });
      expect(page.headers.get('content-type')).toContain('text/html');
      expect(page.headers.get('retry-after')).toBe('7');
      const json = await strike({ kind: 'gateway-error', status, body: 'json', afterCommit: true });
      expect(json).toMatchObject({ status, body: { error: expect.any(String) } });
      expect(standing()).toBe('spent');
    },
  );
});

describe('a slow answer', () => {
  it('arrives whole', async () => {
    const { strike, refresh } = await start();
    const { status, body } = await strike({ kind: 'slow', delayMs: 20 });
    expect(status).toBe(200);
    expect((await refresh(body.refresh_token)).status).toBe(200);
  });

  it('that waits before the commit leaves the token good meanwhile', async () => {
    const { ims, strike, standing, refreshToken, refresh } = await start();
    const goesOn = new AbortController();
    const slow = strike({ kind: 'held', until: goesOn.signal, before: true });
    await until(() => ims.ledger.user('alice').tokenPosts.refresh_token === 1);
    expect(standing()).toBe('good');
    expect((await refresh(refreshToken)).status).toBe(200);
    goesOn.abort();
    expect((await slow).body.error).toBe('access_denied');
    expect(ims.ledger.user('alice')).toMatchObject({ overlappingPosts: 1, doubleSpends: 1 });
  });

  it('does not outlive the server', async () => {
    const { ims, strike } = await start();
    const slow = strike({ kind: 'slow', delayMs: 60_000 });
    const outcome = expect(slow).rejects.toThrow();
    await until(() => ims.ledger.user('alice').tokenSuccesses.refresh_token === 1);
    await ims.stop();
    await outcome;
  });
});

describe('The target of a fault', () => {
  it('can be one user', async () => {
    const { ims, refreshToken, refresh } = await start();
    const bob = ims.user('bob').issueGrant();
    ims.faults.always({ kind: 'unavailable' }, { user: 'bob' });
    expect((await refresh(bob.refreshToken)).status).toBe(503);
    expect((await refresh(refreshToken)).status).toBe(200);
    ims.faults.clear();
    expect((await refresh(bob.refreshToken)).status).toBe(200);
  });

  it('can be the authorize or the revoke endpoint', async () => {
    const { ims, authorizeUrl, post, refreshToken, standing } = await start();
    ims.faults.next({ kind: 'html-body', status: 503 }, { endpoint: 'authorize' });
    ims.faults.next({ kind: 'cut-after-commit' }, { endpoint: 'revoke', user: 'alice' });
    expect((await fetch(authorizeUrl())).status).toBe(503);
    expect((await fetch(authorizeUrl())).status).toBe(200);
    const form = { token: refreshToken, client_id: 'stand-in-client', client_secret: 'p8e-stand-in_secret' };
    await expect(post('/ims/revoke', form)).rejects.toThrow();
    expect(standing()).toBe('revoked');
    expect((await post('/ims/revoke', form)).status).toBe(200);
  });
});
