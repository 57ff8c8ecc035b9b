import { describe, expect, it } from 'vitest';
import { mayAct, provenTransaction, vendsImported } from '../../verify/fuzz/early-effects.ts';
import { claimsOutage, drawCase } from '../../verify/fuzz/fuzz-case.ts';
import {
  bytesOf,
  type FuzzRequest,
  GATEWAY_LIMIT_BYTES,
  gatewayBytes,
} from '../../verify/fuzz/fuzz-request.ts';
import type { Material, Transaction } from '../../verify/fuzz/material.ts';
import { readAnswer } from '../../verify/fuzz/raw-client.ts';

const transaction: Transaction = {
  state: 'state-0123456789abcdef',
  code: 'code',
  cookie: '__Host-vault-0123456789ab=a.b.c.d.e',
  jar: ['__Host-vault-0123456789ab=a.b.c.d.e', '__Host-vault-ba9876543210=f.g.h.i.j'],
  startedAtMs: 0,
};
const material: Material = {
  returnUrl: 'https://app.example/connected',
  transactions: [transaction],
  finished: [],
  sessionIds: ['session'],
  codes: [{ code: 'C'.repeat(43), connectionId: 'demo.alice' }],
  usedCodes: [],
  connectionIds: ['demo.alice'],
  importedIds: ['0x10'],
  subjects: ['0123@AdobeID'],
};
const callback: FuzzRequest = {
  method: 'GET',
  path: '/callback',
  query: ['code=code', `state=${transaction.state}`],
  cookies: transaction.jar,
  headers: [['accept', '*/*']],
  signing: 'none',
};

describe('a connection that an import brought in', () => {
  const vend = (path: string) =>
    ({ ...callback, path: `/access-tokens/${path}`, query: [], signing: 'right' }) as const;

  it.each([
    ['is named as it is', vend('0x10'), true],
    ['is named in escapes', vend('%30x10'), true],
    ['is only a part of the name', vend('0x100'), false],
    ['is asked about, not vended', { ...vend('0x10'), path: '/connections/0x10' }, false],
  ])('%s', (_how, request, isMeant) => {
    expect(vendsImported(request, material)).toBe(isMeant);
  });

  it('is not accepted as a reason once its user has consented', () => {
    expect(vendsImported(vend('0x10'), { ...material, connectionIds: ['0x10'] })).toBe(false);
  });
});

describe('what a request may do', () => {
  it('is known by cookie and state together', () => {
    expect(provenTransaction(callback, material)).toBe(transaction);
    expect(mayAct(callback, material)).toBe(true);
  });

  it.each<[string, Partial<FuzzRequest>]>([
    ['no cookie', { cookies: [] }],
    ['another cookie', { cookies: ['__Host-vault-0123456789ab=x.b.c.d.e'] }],
    ['the cookie twice', { cookies: [transaction.cookie, transaction.cookie] }],
    ['another state', { query: ['state=other'] }],
    ['the state twice', { query: [...callback.query, `state=${transaction.state}`] }],
    ['no state', { query: ['code=code'] }],
  ])('is nothing with %s', (_what, change) => {
    expect(mayAct({ ...callback, ...change }, material)).toBe(false);
  });

  it('is nothing for a call without a signature that gives the right', () => {
    const redeem: FuzzRequest = {
      ...callback,
      method: 'POST',
      path: '/connections/demo.alice/consents/redeem',
      query: [],
      cookies: [],
      body: Buffer.from(JSON.stringify({ connectionCode: 'C'.repeat(43) })),
      signing: 'right',
    };
    expect(mayAct(redeem, material)).toBe(true);
    expect(mayAct({ ...redeem, signing: 'wrong-key' }, material)).toBe(false);
    expect(mayAct({ ...redeem, body: Buffer.from('{"connectionCode":"other"}') }, material)).toBe(false);
  });

  it.each<[string, string, string, boolean]>([
    ['an import', '/imports', '{"refreshToken":"any"}', true],
    ['an import of nothing', '/imports', '{"sub":"any"}', false],
    ['a rehearsed import', '/imports?dry_run=true', '{"refreshToken":"any"}', false],
    ['an import that is no rehearsal', '/imports?dry_run=false', '{"refreshToken":"any"}', true],
    ['an import that may be one', '/imports?dry_run=false&dry_run=true', '{"refreshToken":"any"}', false],
    ['the rotation of a connected user', '/connections/demo%2ealice/rotations', '', true],
    ['the rotation of what an import brought in', '/connections/0x10/rotations', '', true],
    ['the rotation of an unknown user', '/connections/demo.absent/rotations', '', false],
    ['the end of a known user', '/subjects/erase', '{"sub":"0123\\u0040AdobeID"}', true],
    ['the end of a user whom an import may have named', '/subjects/erase', '{"sub":"null"}', true],
    ['the end of an unknown user', '/subjects/erase', '{"sub":"absent"}', false],
  ])('recognises %s', (_what, target, body, acts) => {
    const [path = '', query = ''] = target.split('?');
    const sent: FuzzRequest = {
      ...callback,
      method: 'POST',
      path,
      query: query.split('&'),
      cookies: [],
      body: Buffer.from(body),
      signing: 'right',
    };
    expect(mayAct(sent, material)).toBe(acts);
    expect(mayAct({ ...sent, signing: 'none' }, material)).toBe(false);
  });

  it('includes an outage only when the request brings its own error', () => {
    expect(claimsOutage(callback)).toBe(false);
    expect(claimsOutage({ ...callback, query: ['state=x', '%65rror=anything'] })).toBe(true);
  });
});

describe('a request of the fuzz', () => {
  it('is the same for the same seed and index', () => {
    const draw = (seed: number) =>
      Array.from({ length: 60 }, (_, index) => drawCase(seed, index, material, 'localhost'));
    expect(draw(1)).toEqual(draw(1));
    expect(draw(2)).not.toEqual(draw(1));
  });

  it('goes up to the limit of the gateway to the byte, and past it', () => {
    const sizes = Array.from({ length: 3_000 }, (_, index) => {
      const drawn = drawCase(1, index, material, 'localhost');
      return drawn.kind === 'broken http' ? 0 : gatewayBytes(drawn.request);
    });
    expect(sizes).toContain(GATEWAY_LIMIT_BYTES);
    expect(sizes).toContain(GATEWAY_LIMIT_BYTES + 1);
    expect(Math.max(...sizes)).toBeGreaterThan(100_000);
  });

  it('cannot break out of its own lines', () => {
    const sent = bytesOf({ ...callback, headers: [['a', 'b\r\nc: d']], path: '/x\r\ny: z' }).toString();
    expect(sent.split('\r\n').filter((line) => /^[cy]: /.test(line))).toEqual([]);
  });
});

describe('the reader of answers', () => {
  const whole = 'HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nokHTTP/1.1';

  it('waits for all of an answer, and passes over those that are not final', () => {
    expect(readAnswer(Buffer.from(whole.slice(0, 64)), false, false)).toBeUndefined();
    const read = readAnswer(Buffer.from(whole), false, false);
    expect(read?.answer.status).toBe(200);
    expect(read?.answer.body.toString()).toBe('ok');
    expect(read?.end).toBe(whole.length - 'HTTP/1.1'.length);
  });

  it('lets the end of the connection end an answer without a length', () => {
    const bytes = Buffer.from('HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n');
    expect(readAnswer(bytes, false, false)).toBeUndefined();
    expect(readAnswer(bytes, false, true)?.answer.status).toBe(400);
  });
});
