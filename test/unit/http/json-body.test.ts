import * as v from 'valibot';
import { describe, expect, it } from 'vitest';
import { readJsonBody } from '../../../functions/adapters/http/json-body.ts';

const schema = v.strictObject({ name: v.string('a string was expected.') });
const json = { 'content-type': 'application/json' };

function read(event: Omit<Parameters<typeof readJsonBody>[0], 'routeKey'>) {
  return readJsonBody({ routeKey: 'POST /x', ...event }, schema);
}

function detailOf(body: ReturnType<typeof read>) {
  return body.kind === 'valid' ? 'accepted' : body.detail;
}

describe('a JSON body', () => {
  it('is read as text and as base64', () => {
    const body = JSON.stringify({ name: 'ä' });
    expect(read({ headers: json, body })).toEqual({ kind: 'valid', value: { name: 'ä' } });
    const encoded = Buffer.from(body).toString('base64');
    expect(read({ headers: json, body: encoded, isBase64Encoded: true })).toEqual({
      kind: 'valid',
      value: { name: 'ä' },
    });
  });

  it('may name its character set', () => {
    const headers = { 'content-type': 'Application/JSON; charset=utf-8' };
    expect(read({ headers, body: '{"name":"x"}' }).kind).toBe('valid');
  });

  it.each([undefined, 'text/plain', 'application/x-www-form-urlencoded', 'application/jsonp', ''])(
    'is not read from content type %s',
    (type) => {
      const headers = type === undefined ? {} : { 'content-type': type };
      expect(detailOf(read({ headers, body: '{"name":"x"}' }))).toContain('application/json');
    },
  );

  it.each([undefined, null, ''])('that is %j is refused, with a request for JSON', (body) => {
    expect(detailOf(read({ headers: json, ...(body !== undefined && { body }) }))).toContain('empty');
  });

  it('that is huge is refused before it is parsed', () => {
    const body = JSON.stringify({ name: 'x'.repeat(20_000) });
    expect(detailOf(read({ headers: json, body }))).toContain('larger');
    const encoded = Buffer.from(body).toString('base64');
    expect(detailOf(read({ headers: json, body: encoded, isBase64Encoded: true }))).toContain('larger');
  });

  it.each(['{', 'undefined', '{"name":"x"} x', "{'name':'x'}"])('that is %s is not JSON', (body) => {
    expect(detailOf(read({ headers: json, body }))).toContain('not valid JSON');
  });

  it('that is not UTF-8 is not read', () => {
    const body = Buffer.from([0x22, 0xff, 0x22]).toString('base64');
    expect(detailOf(read({ headers: json, body, isBase64Encoded: true }))).toContain('not valid JSON');
  });

  it('is described with the names of the schema and without repeating the body', () => {
    expect(detailOf(read({ headers: json, body: '{"name":7}' }))).toBe('name: a string was expected.');
    expect(detailOf(read({ headers: json, body: '{}' }))).toBe('name: must be given.');
    const unknown = detailOf(read({ headers: json, body: '{"name":"x","token-in-a-name":1}' }));
    expect(unknown).toBe('An unknown member is not accepted.');
    for (const body of ['["secret"]', '"secret"', 'null', '{"name":["secret"]}']) {
      expect(detailOf(read({ headers: json, body }))).not.toContain('secret');
    }
  });

  it('cannot set a prototype', () => {
    const body = readJsonBody(
      { routeKey: 'x', headers: json, body: '{"name":"x","__proto__":{"polluted":1}}' },
      schema,
    );
    expect(body.kind === 'valid' ? Object.getPrototypeOf(body.value) : Object.prototype).toBe(
      Object.prototype,
    );
    expect(Reflect.get({}, 'polluted')).toBeUndefined();
  });
});
