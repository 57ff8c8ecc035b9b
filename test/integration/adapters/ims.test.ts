import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import { describe, expect, it, vi } from 'vitest';
import { createIms } from '../../../functions/adapters/ims/ims-client.ts';
import { Secret } from '../../../functions/core/secret.ts';
import { CLIENTS_HANG_UP } from '../../../local/http/clients-hang-up.ts';

interface SeenRequest {
  readonly url: string | undefined;
  readonly headers: IncomingMessage['headers'];
  readonly form: Record<string, string>;
  readonly socket: IncomingMessage['socket'];
}

type Reply = (outgoing: ServerResponse) => void;

function json(status: number, body: unknown): Reply {
  return (outgoing) => {
    outgoing.writeHead(status, { 'content-type': 'application/json', 'x-debug-id': 'd-1' });
    outgoing.end(JSON.stringify(body));
  };
}

const tokens = { access_token: 'access', refresh_token: 'refresh', token_type: 'bearer', expires_in: 3599 };

async function startIms(reply: Reply) {
  const seen: SeenRequest[] = [];
  const server = createServer(CLIENTS_HANG_UP, async (incoming, outgoing) => {
    const form = Object.fromEntries(new URLSearchParams(await text(incoming)));
    seen.push({ url: incoming.url, headers: incoming.headers, form, socket: incoming.socket });
    reply(outgoing);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('No port.');
  const imsBaseUrl = `http://127.0.0.1:${address.port}`;
  return {
    seen,
    imsBaseUrl,
    ims: createIms({ imsBaseUrl, clientId: 'client-1', clock: { nowMs: () => Date.UTC(2026, 10, 22) } }),
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
    },
  };
}

/** A limit for hangs: no test here waits that long. */
const ANSWER_TIMEOUT_MS = 60_000;
const clientSecret = new Secret('p-secret_with~dashes');
const refreshing = { refreshToken: new Secret('old'), clientSecret, timeoutMs: ANSWER_TIMEOUT_MS };
const exchanging = {
  code: new Secret('eyJ.code.x'),
  codeVerifier: new Secret('v'.repeat(43)),
  redirectUri: 'https://vault.example/callback',
  clientSecret,
  timeoutMs: ANSWER_TIMEOUT_MS,
};

/** A timeout that ends when a test says so. */
function listeningTime() {
  const asked: number[] = [];
  const over = new AbortController();
  vi.spyOn(AbortSignal, 'timeout').mockImplementation((delayMs) => {
    asked.push(delayMs);
    return over.signal;
  });
  return {
    asked,
    /** After what was sent has been read: client and server share this process, so a few turns are enough. */
    async passes() {
      for (let turn = 0; turn < 50; turn += 1) await nextTurn();
      over.abort(new DOMException('The operation timed out.', 'TimeoutError'));
    },
  };
}

it('a refresh is one POST with the credential in its body', async () => {
  await using server = await startIms(json(200, tokens));
  const answer = await server.ims.refresh(refreshing);
  expect(answer).toMatchObject({ kind: 'tokens', debugId: 'd-1', tokens: { anomalies: [] } });
  expect(answer.kind === 'tokens' && answer.tokens.refreshToken?.reveal()).toBe('refresh');
  expect(server.seen).toHaveLength(1);
  expect(server.seen[0]).toMatchObject({
    url: '/ims/token/v3',
    form: {
      grant_type: 'refresh_token',
      refresh_token: 'old',
      client_id: 'client-1',
      client_secret: 'p-secret_with~dashes',
    },
  });
  expect(server.seen[0]?.form.scope).toBeUndefined();
  expect(server.seen[0]?.headers.authorization).toBeUndefined();
});

it('a refresh for narrower scopes names them', async () => {
  await using server = await startIms(json(200, tokens));
  await server.ims.refresh({ ...refreshing, scopes: ['openid', 'lr_partner_apis'] });
  expect(server.seen[0]?.form.scope).toBe('openid,lr_partner_apis');
});

it('a code exchange repeats the redirect URI and brings the verifier', async () => {
  await using server = await startIms(json(200, { ...tokens, sub: 'ABC@AdobeID' }));
  const answer = await server.ims.exchangeCode(exchanging);
  expect(answer).toMatchObject({ kind: 'tokens', tokens: { subject: 'ABC@AdobeID' } });
  expect(server.seen[0]).toMatchObject({
    url: '/ims/token/v3',
    form: {
      grant_type: 'authorization_code',
      code: 'eyJ.code.x',
      code_verifier: 'v'.repeat(43),
      redirect_uri: 'https://vault.example/callback',
      client_id: 'client-1',
      client_secret: 'p-secret_with~dashes',
    },
  });
});

it('a bad ID token does not cost the refresh token', async () => {
  await using server = await startIms(json(200, { ...tokens, id_token: 'not.a.jwt' }));
  const answer = await server.ims.exchangeCode({ ...exchanging, nonce: 'n1' });
  expect(answer.kind === 'tokens' && answer.tokens.refreshToken?.reveal()).toBe('refresh');
  expect(answer.kind === 'tokens' && answer.tokens.anomalies.join()).toContain('id-token-rejected');
});

it('every request has a separate network connection, so that none uses a socket that was closed during a freeze', async () => {
  await using server = await startIms(json(200, tokens));
  await server.ims.refresh(refreshing);
  await server.ims.refresh(refreshing);
  expect(server.seen.map(({ headers }) => headers.connection)).toEqual(['close', 'close']);
  expect(new Set(server.seen.map(({ socket }) => socket)).size).toBe(2);
});

it('a redirect is not followed', async () => {
  await using server = await startIms((outgoing) => {
    outgoing.writeHead(307, { location: '/elsewhere' }).end();
  });
  expect(await server.ims.refresh(refreshing)).toEqual({ kind: 'unknown', reason: 'malformed' });
  expect(server.seen.map(({ url }) => url)).toEqual(['/ims/token/v3']);
});

it('a connection that is cut after the request is a reset, and is not tried again', async () => {
  await using server = await startIms((outgoing) => outgoing.destroy());
  expect(await server.ims.refresh(refreshing)).toEqual({ kind: 'unknown', reason: 'reset' });
  expect(server.seen).toHaveLength(1);
});

it('a host that refuses connections is unreachable', async () => {
  const server = await startIms(json(200, tokens));
  const { ims } = server;
  await server[Symbol.asyncDispose]();
  expect(await ims.refresh(refreshing)).toEqual({ kind: 'unknown', reason: 'unreachable' });
});

it('no answer in time is a timeout', async () => {
  const time = listeningTime();
  await using server = await startIms(time.passes);
  const answer = await server.ims.refresh({ ...refreshing, timeoutMs: 1_000.5 });
  expect(time.asked).toEqual([1_001]);
  expect(answer).toEqual({ kind: 'unknown', reason: 'timeout' });
  expect(server.seen).toHaveLength(1);
});

it('an answer that comes late but in time is received', async () => {
  await using server = await startIms((outgoing) => {
    outgoing.writeHead(200, { 'content-type': 'application/json' });
    outgoing.write(' ');
    setImmediate(() => outgoing.end(JSON.stringify(tokens)));
  });
  expect((await server.ims.refresh(refreshing)).kind).toBe('tokens');
});

describe('An answer that stays incomplete', () => {
  const sending =
    (body: unknown, headers: Record<string, string>): Reply =>
    (outgoing) => {
      outgoing.writeHead(200, { 'content-type': 'application/json', ...headers });
      outgoing.write(JSON.stringify(body));
    };

  it.each([
    ['its length is too long', { 'content-length': '4000' }],
    ['the last chunk is missing', { 'transfer-encoding': 'chunked' }],
  ])('is not waited for where it has brought the refresh token: %s', async (_, headers) => {
    await using server = await startIms(sending(tokens, headers));
    const answer = await server.ims.refresh({ ...refreshing, timeoutMs: 30_000 });
    expect(answer.kind === 'tokens' && answer.tokens.refreshToken?.reveal()).toBe('refresh');
    await expect.poll(() => server.seen[0]?.socket.destroyed).toBe(true);
  });

  it('is waited for where the refresh token may still arrive', async () => {
    const { refresh_token: _, ...others } = tokens;
    await using server = await startIms(sending(others, { 'content-length': '4000' }));
    expect((await server.ims.refresh({ ...refreshing, timeoutMs: 300 })).kind).toBe('unknown');
  });
});

describe('a request that stays open', () => {
  const late =
    (afterMs: number): Reply =>
    (outgoing) =>
      void setTimeout(() => json(200, tokens)(outgoing), afterMs);
  const times = { timeoutMs: 60, keepOpenMs: 2_000 };

  it('is a timeout, and its late answer is received all the same', async () => {
    await using server = await startIms(late(150));
    const answer = await server.ims.refresh({ ...refreshing, ...times });
    expect(answer).toMatchObject({ kind: 'unknown', reason: 'timeout' });
    const received = await answer.late;
    expect(received?.kind === 'tokens' && received.tokens.refreshToken?.reveal()).toBe('refresh');
    expect(server.seen).toHaveLength(1);
  });

  it('has no late answer where the answer came in time', async () => {
    await using server = await startIms(json(200, tokens));
    expect(
      await server.ims.refresh({ ...refreshing, timeoutMs: 2_000, keepOpenMs: 4_000 }),
    ).not.toHaveProperty('late');
  });

  it('is closed at its end: a timeout, and nothing is left open', async () => {
    await using server = await startIms(() => undefined);
    const answer = await server.ims.refresh({ ...refreshing, timeoutMs: 50, keepOpenMs: 200 });
    expect(await answer.late).toEqual({ kind: 'unknown', reason: 'timeout' });
    await expect.poll(() => server.seen[0]?.socket.destroyed).toBe(true);
  });

  it('may still be cut', async () => {
    await using server = await startIms((outgoing) => void setTimeout(() => outgoing.destroy(), 150));
    const answer = await server.ims.refresh({ ...refreshing, ...times });
    expect(await answer.late).toEqual({ kind: 'unknown', reason: 'reset' });
  });

  it('leaves the answer to another post of the same token alone', async () => {
    let posts = 0;
    await using server = await startIms((outgoing) => {
      posts += 1;
      if (posts === 1) late(150)(outgoing);
      else json(400, { error: 'access_denied' })(outgoing);
    });
    const first = await server.ims.refresh({ ...refreshing, ...times });
    expect((await server.ims.refresh(refreshing)).kind).toBe('refused');
    expect((await first.late)?.kind).toBe('tokens');
  });
});

describe('an answer that breaks off before its refresh token', () => {
  const body = JSON.stringify({ access_token: 'access', expires_in: 3599, token_type: 'bearer' });
  const cut = body.slice(0, 30);
  const replies: Record<string, Reply> = {
    'by its connection, its length announced': (outgoing) => {
      outgoing.writeHead(200, { 'content-type': 'application/json', 'content-length': '1000' });
      outgoing.write(cut, () => outgoing.destroy());
    },
    'by its connection, in chunks': (outgoing) => {
      outgoing.writeHead(200, { 'content-type': 'application/json' });
      outgoing.write(cut, () => outgoing.destroy());
    },
    'by its connection, behind the last brace': (outgoing) => {
      outgoing.writeHead(200, { 'content-type': 'application/json', 'content-length': '1000' });
      outgoing.write(body, () => outgoing.destroy());
    },
    'by a length that is too short': (outgoing) => {
      outgoing.socket?.end(
        `HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: ${cut.length}\r\nconnection: close\r\n\r\n${body}`,
      );
    },
    'by the end of a connection that announced no length': (outgoing) => {
      outgoing.socket?.end(`HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n\r\n${cut}`);
    },
    'by the end of its gzip stream': (outgoing) => {
      const zipped = gzipSync(body);
      outgoing.writeHead(200, { 'content-type': 'application/json', 'content-encoding': 'gzip' });
      outgoing.end(zipped.subarray(0, zipped.length - 20));
    },
    'before its first byte': (outgoing) => {
      outgoing.writeHead(200, { 'content-type': 'application/json', 'content-length': '1000' });
      outgoing.flushHeaders();
      setTimeout(() => outgoing.destroy(), 30);
    },
  };

  it.each(Object.keys(replies))('%s is a lost one', async (how) => {
    await using server = await startIms(replies[how] ?? json(200, tokens));
    expect(await server.ims.refresh(refreshing)).toEqual({ kind: 'unknown', reason: 'reset' });
    expect(await server.ims.exchangeCode(exchanging)).toEqual({ kind: 'unknown', reason: 'reset' });
  });

  it('is not: whole in a gzip stream', async () => {
    await using server = await startIms((outgoing) => {
      outgoing.writeHead(200, { 'content-type': 'application/json', 'content-encoding': 'gzip' });
      outgoing.end(gzipSync(body));
    });
    expect((await server.ims.refresh(refreshing)).kind).toBe('tokens');
  });
});

it('a successor in the first half of a cut answer is kept', async () => {
  await using server = await startIms((outgoing) => {
    outgoing.writeHead(200, { 'content-type': 'application/json', 'content-length': '1000' });
    outgoing.write('{"refresh_token":"successor","access_to', () => outgoing.destroy());
  });
  const answer = await server.ims.refresh(refreshing);
  expect(answer.kind === 'tokens' && answer.tokens.refreshToken?.reveal()).toBe('successor');
});

it('a successor in the first half of an answer that breaks off is kept', async () => {
  const time = listeningTime();
  await using server = await startIms((outgoing) => {
    outgoing.writeHead(200, { 'content-type': 'application/json' });
    outgoing.write('{"refresh_token":"successor","access_to', () => void time.passes());
  });
  const answer = await server.ims.refresh(refreshing);
  expect(answer.kind === 'tokens' && answer.tokens.refreshToken?.reveal()).toBe('successor');
});

it('no more than 64 KB are read, and the tokens at their beginning are kept', async () => {
  let written = 0;
  await using server = await startIms((outgoing) => {
    outgoing.writeHead(200, { 'content-type': 'application/json' });
    outgoing.write('{"refresh_token":"successor","padding":"');
    const pour = () => {
      while (!outgoing.destroyed && outgoing.write('x'.repeat(16_384))) written += 16_384;
    };
    outgoing.on('drain', pour);
    pour();
  });
  const answer = await server.ims.refresh(refreshing);
  expect(answer.kind === 'tokens' && answer.tokens.anomalies).toContain('body-incomplete');
  expect(written).toBeLessThan(50_000_000);
});

it('a flood without tokens is malformed', async () => {
  await using server = await startIms((outgoing) => outgoing.end('x'.repeat(200_000)));
  expect(await server.ims.refresh(refreshing)).toEqual({ kind: 'unknown', reason: 'malformed' });
});

it.each([
  [200, '', { kind: 'revoked' }],
  [204, '', { kind: 'revoked' }],
  [400, { error: 'invalid_token' }, { kind: 'already-gone' }],
  [400, 'what?', { kind: 'already-gone' }],
  [400, { error: 'invalid_client' }, { kind: 'misconfigured', error: 'invalid_client' }],
  [401, '', { kind: 'misconfigured', error: 'unauthorized' }],
  [404, '', { kind: 'retry' }],
  [302, '', { kind: 'retry' }],
  [500, '', { kind: 'retry' }],
  [429, { retryAfter: 5 }, { kind: 'retry', retryAfterMs: 5_000 }],
])('a revocation answered with %i %j', async (status, body, expected) => {
  await using server = await startIms(json(status, body));
  const answer = await server.ims.revoke({
    token: new Secret('old'),
    clientSecret,
    timeoutMs: ANSWER_TIMEOUT_MS,
  });
  expect(answer).toEqual(expected);
  expect(server.seen[0]).toMatchObject({
    url: '/ims/revoke',
    form: { token: 'old', client_id: 'client-1', client_secret: 'p-secret_with~dashes' },
  });
});

it('a revocation without an answer is tried later', async () => {
  await using server = await startIms((outgoing) => outgoing.destroy());
  const revocation = { token: new Secret('old'), clientSecret, timeoutMs: ANSWER_TIMEOUT_MS };
  expect(await server.ims.revoke(revocation)).toEqual({ kind: 'retry' });
});

it.each(['http://ims.example', 'ftp://127.0.0.1', 'ims.example', ''])(
  'a client secret is never sent to %s',
  (imsBaseUrl) => {
    const clock = { nowMs: () => 0 };
    expect(() => createIms({ imsBaseUrl, clientId: 'client-1', clock })).toThrow('https');
  },
);
