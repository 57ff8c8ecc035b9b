import { describe, expect, it } from 'vitest';
import type { AwsCall } from '../../../local/aws/aws-call.ts';
import { type AnswerRules, classifyAnswer } from '../../verify/fuzz/classify-answer.ts';
import { createEarlyEffects } from '../../verify/fuzz/early-effects.ts';
import { markerOf } from '../../verify/fuzz/hostile-values.ts';
import type { HttpAnswer, RawOutcome } from '../../verify/fuzz/raw-client.ts';

const RULES: AnswerRules = {
  destinations: ['https://ims.example/ims/authorize/v2', 'https://app.example/connected'],
  claimsOutage: false,
  isUnproven: false,
  isBroken: false,
};
const PAGE_HEADERS = {
  'content-type': 'text/html; charset=utf-8',
  'cache-control': 'no-store',
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
};

interface Answered {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

function answer({ status = 200, headers = PAGE_HEADERS, body = '' }: Answered): HttpAnswer {
  const pairs = Object.entries(headers);
  const head = [`HTTP/1.1 ${status} `, ...pairs.map(([name, value]) => `${name}: ${value}`)].join('\r\n');
  return { status, headers: pairs, head, body: Buffer.from(body) };
}

function redirect(location: string): HttpAnswer {
  return answer({ status: 303, headers: { ...PAGE_HEADERS, location } });
}

function page(outcome: string, status = 200): HttpAnswer {
  return answer({ status, body: `<body data-outcome="${outcome}">` });
}

function faultsOf(outcome: RawOutcome, rules: Partial<AnswerRules> = {}): string[] {
  return classifyAnswer(outcome, { ...RULES, ...rules }).map(({ fault }) => fault);
}

describe('the check of answers', () => {
  it.each([
    ['a page', page('declined')],
    ['a redirect to Adobe', redirect('https://ims.example/ims/authorize/v2?state=x')],
    ['a redirect to the app', redirect('https://app.example/connected?error=declined')],
    [
      "the gateway's own answer",
      answer({ status: 431, headers: { 'content-type': 'application/json' }, body: '{"message":"no"}' }),
    ],
  ])('accepts %s', (_what, fine) => {
    expect(faultsOf(fine)).toEqual([]);
  });

  it.each([
    [
      'a 500 of the gateway',
      answer({ status: 500, headers: {}, body: '{"message":"Internal Server Error"}' }),
    ],
    ['a page of an outage', page('vault_unavailable', 503)],
    ['an outage that the app is given', redirect('https://app.example/connected?error=adobe_unavailable')],
  ])('finds %s', (_what, bad) => {
    expect(faultsOf(bad)).toContain('serverErrors');
  });

  it("believes an outage that the request says is Adobe's, and never one of the vault", () => {
    expect(faultsOf(page('adobe_unavailable', 503), { claimsOutage: true })).toEqual([]);
    expect(faultsOf(page('vault_unavailable', 503), { claimsOutage: true })).toEqual(['serverErrors']);
    expect(faultsOf(answer({ status: 500 }), { claimsOutage: true })).toEqual(['serverErrors']);
  });

  it('lets a vend of an imported connection be asked to try again, and none of another', () => {
    const headers = { 'content-type': 'application/problem+json', 'retry-after': '60' };
    const guarded = { ...headers, 'cache-control': 'no-store', 'x-content-type-options': 'nosniff' };
    const again = answer({ status: 503, headers: guarded, body: '{"code":"temporarily_unavailable"}' });
    expect(faultsOf(again, { isUnproven: true })).toEqual([]);
    expect(faultsOf(again)).toEqual(['serverErrors']);
  });

  it.each([
    ['says nothing of when', { 'content-type': 'application/json' }, '{"code":"temporarily_unavailable"}'],
    ["is the gateway's", { 'retry-after': '60' }, '{"message":"Service Unavailable"}'],
  ])('finds a 503 for an imported connection that %s', (_what, headers, body) => {
    expect(faultsOf(answer({ status: 503, headers, body }), { isUnproven: true })).toEqual(['serverErrors']);
  });

  it.each([
    ['raw in a page', answer({ body: `<p>${markerOf(7)}</p>` })],
    ['escaped in a page', answer({ body: '<p>&lt;zzplanted7&#39;</p>' })],
    ['in other letters', answer({ body: 'ZZPLANTED7' })],
    ['of another request', answer({ body: markerOf(4_711) })],
    ['in a header', answer({ headers: { ...PAGE_HEADERS, 'x-echo': markerOf(7) } })],
    ['in a redirect', redirect('https://app.example/connected?app_state=zzplanted7')],
  ])('finds what was planted %s', (_where, bad) => {
    expect(faultsOf(bad)).toEqual(['reflections']);
  });

  it.each([
    'https://evil.example/connected',
    'https://app.example.evil.example/connected',
    'https://app.example@evil.example/connected',
    'https://user@app.example/connected',
    'http://app.example/connected',
    'https://app.example:8443/connected',
    'https://app.example/connected/../other',
    '//evil.example/connected',
    '/callback',
  ])('finds a redirect to %s', (location) => {
    expect(faultsOf(redirect(location))).toEqual(['openRedirects']);
  });

  it.each(Object.keys(PAGE_HEADERS).slice(1))('finds a page without its %s', (name) => {
    const { [name as 'cache-control']: _left, ...rest } = PAGE_HEADERS;
    expect(faultsOf(answer({ headers: rest }))).toEqual(['unguarded']);
  });

  it('finds a cookie without an attribute it needs, and a redirect that is not a 303', () => {
    const cookie = '__Host-vault-0123456789ab=a.b.c.d.e; Max-Age=600; Path=/; HttpOnly; SameSite=Lax';
    expect(faultsOf(answer({ headers: { ...PAGE_HEADERS, 'set-cookie': cookie } }))).toEqual(['unguarded']);
    const moved = { ...redirect('https://app.example/connected'), status: 307 };
    expect(faultsOf(moved)).toEqual(['unguarded']);
  });

  it('accepts a closed connection as the answer to what is not HTTP, and to nothing else', () => {
    expect(faultsOf('closed')).toEqual(['unanswered']);
    expect(faultsOf('silent')).toEqual(['unanswered']);
    expect(faultsOf('closed', { isBroken: true })).toEqual([]);
  });
});

describe('the check of early effects', () => {
  const decide = (agreed: readonly string[] = []) =>
    createEarlyEffects({
      authorizeRole: 'authorize-role',
      callbackRole: 'callback-role',
      importRole: 'import-role',
      agreedKeys: new Set(agreed),
      inFlight: () => [3, 5],
    });
  const call = (roleName: string, operation: string, key = 'state#x'): AwsCall => ({
    method: 'POST',
    path: '/',
    headers: {},
    body: new Uint8Array(),
    service: 'dynamodb',
    operation,
    caller: { roleName, roleArn: roleName, accessKeyId: roleName },
    json: () => ({ Item: { key: { S: key } } }),
  });

  it('finds any write while no request gives a reason for one, and names those that may have done it', () => {
    const early = decide();
    early.enter('quiet');
    early.checkCall(call('callback-role', 'PutItem'));
    early.checkCall(call('consents-role', 'UpdateItem'));
    expect(early.take()).toMatchObject([
      { isWrite: true, suspects: [3, 5] },
      { isWrite: true, suspects: [3, 5] },
    ]);
    expect(early.take()).toEqual([]);
  });

  it('finds a code that is exchanged, and a key that is asked for, before cookie and state agree', () => {
    const early = decide();
    early.enter('quiet');
    early.checkPost({ path: '/ims/token/v3' });
    early.checkCall(call('callback-role', 'GenerateDataKey'));
    expect(early.take()).toMatchObject([{ isWrite: false }, { isWrite: false }]);
  });

  it('finds a write of the function that starts transactions at any time', () => {
    const early = decide();
    early.enter('acting');
    early.checkCall(call('authorize-role', 'PutItem'));
    expect(early.take()).toMatchObject([{ isWrite: true }]);
  });

  it('finds a state that is consumed although no request sent its cookie', () => {
    const early = decide(['state#proven']);
    early.enter('acting');
    early.checkCall(call('callback-role', 'PutItem', 'state#proven'));
    expect(early.take()).toEqual([]);
    early.checkCall(call('callback-role', 'PutItem', 'state#stranger'));
    expect(early.take()).toMatchObject([{ isWrite: true }]);
  });

  it('accepts reads, and honest requests between the hostile ones', () => {
    const early = decide();
    early.checkCall(call('callback-role', 'PutItem'));
    early.enter('quiet');
    early.checkCall(call('callback-role', 'GetItem'));
    early.checkCall(call('authorize-role', 'GetSecretValue'));
    expect(early.take()).toEqual([]);
  });
});
