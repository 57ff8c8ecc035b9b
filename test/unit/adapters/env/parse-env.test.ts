import * as v from 'valibot';
import { describe, expect, it } from 'vitest';
import { accessTokenEnv } from '../../../../functions/access-token/env.ts';
import {
  nonEmptyText,
  pageSettings,
  positiveInteger,
  scopeList,
  scopeSets,
  secureUrl,
  urlList,
} from '../../../../functions/adapters/env/environment.ts';
import { parseEnv } from '../../../../functions/adapters/env/parse-env.ts';
import { authorizeEnv } from '../../../../functions/authorize/env.ts';
import { callbackEnv } from '../../../../functions/callback/env.ts';
import { connectionsEnv } from '../../../../functions/connections/env.ts';
import { consentsEnv } from '../../../../functions/consents/env.ts';
import { importEnv } from '../../../../functions/import/env.ts';
import { reconcileEnv } from '../../../../functions/reconcile/env.ts';
import { rotateEnv } from '../../../../functions/rotate/env.ts';

const schemas = {
  'access-token': accessTokenEnv,
  authorize: authorizeEnv,
  callback: callbackEnv,
  connections: connectionsEnv,
  consents: consentsEnv,
  reconcile: reconcileEnv,
  import: importEnv,
  rotate: rotateEnv,
};

/** A usable value for every variable by its name; any other is a plain text. */
const VALUES: Readonly<Record<string, string>> = {
  SCOPES: 'openid offline_access',
  IMS_BASE_URL: 'https://ims-na1.adobelogin.com',
  CALLBACK_URL: 'https://vault.example/callback',
  AUTHORIZE_URL: 'https://vault.example/authorize',
  RETURN_URLS: '["https://app.example/done"]',
  SCOPE_SETS: '["openid"]',
  FORMER_REFRESH_KEY_ARNS: '[]',
  FORMER_ACCESS_KEY_ARNS: '["the former key"]',
  PAGE_SETTINGS: '{"appName":"Photos"}',
  REVOCATION_SCOPE: 'unknown',
  STORE_PROFILE: 'true',
  PLAIN_SIGN_IN: 'true',
  MAX_SCHEDULES_PER_MINUTE: '60',
};

function usable(schema: { readonly entries: object }): Record<string, string> {
  return Object.fromEntries(Object.keys(schema.entries).map((name) => [name, VALUES[name] ?? `the ${name}`]));
}

describe.each(Object.entries(schemas))('the environment of %s', (_name, schema) => {
  it('is read when everything is there', () => {
    expect(Object.keys(parseEnv(schema, usable(schema)))).toEqual(Object.keys(schema.entries));
  });

  it.each(Object.keys(schema.entries))('names %s when it is missing, empty or blank', (name) => {
    const { [name]: _, ...missing } = usable(schema);
    for (const env of [missing, { ...missing, [name]: '' }, { ...missing, [name]: ' ' }]) {
      expect(() => parseEnv(schema, env)).toThrow(expect.objectContaining({ code: 'SETTINGS_INVALID' }));
      expect(() => parseEnv(schema, env)).toThrow(new RegExp(`\\b${name}\\b`));
    }
  });
});

describe('An error in the environment', () => {
  it('names every variable that is wrong at once, and repeats no value', () => {
    const schema = v.object({ FIRST: nonEmptyText, SECOND: positiveInteger });
    const parse = () => parseEnv(schema, { SECOND: 'many-of-them' });
    expect(parse).toThrow(/FIRST.*SECOND/);
    expect(parse).not.toThrow(/many-of-them/);
  });
});

describe('a field', () => {
  const read = (field: v.GenericSchema<string, unknown>, value: string) =>
    parseEnv(v.object({ FIELD: field }), { FIELD: value }).FIELD;

  it.each([
    ['https://a.example/b?c', 'https://a.example/b?c'],
    ['http://127.0.0.1:8080', 'http://127.0.0.1:8080'],
    ['http://localhost', 'http://localhost'],
    ['http://[::1]:1', 'http://[::1]:1'],
  ])('secure URL %s', (value, expected) => {
    expect(read(secureUrl, value)).toBe(expected);
  });

  it.each(['http://a.example', 'http://127.0.0.1.evil.example', 'ftp://localhost', 'a.example', '/path'])(
    'secure URL is not %s',
    (value) => {
      expect(() => read(secureUrl, value)).toThrow('FIELD');
    },
  );

  it('list of scopes is split at white space', () => {
    expect(read(scopeList, ' openid  offline_access\n')).toEqual(['openid', 'offline_access']);
  });

  it.each([
    [urlList, '["https://a.example","http://localhost/x"]', ['https://a.example', 'http://localhost/x']],
    [urlList, '[]', []],
    [scopeSets, '["a b","c"]', ['a b', 'c']],
  ])('JSON list %#', (field, value, expected) => {
    expect(read(field, value)).toEqual(expected);
  });

  it.each([
    [urlList, 'https://a.example'],
    [urlList, '["http://a.example"]'],
    [urlList, '{"a":1}'],
    [urlList, '"https://a.example"'],
    [urlList, '[7]'],
    [scopeSets, '[""]'],
    [scopeSets, '["a"'],
  ])('JSON list %# is refused', (field, value) => {
    expect(() => read(field, value)).toThrow('FIELD');
  });

  it.each([
    ['{}', {}],
    ['{"appName":"Photos"}', { appName: 'Photos' }],
    ['{"supportUrl":"mailto:help@a.example"}', { supportUrl: 'mailto:help@a.example' }],
  ])('page settings %s', (value, expected) => {
    expect(read(pageSettings, value)).toEqual(expected);
  });

  it.each([
    '[',
    '"Photos"',
    '{"appName":""}',
    '{"supportUrl":"javascript:alert(1)"}',
    '{"supportUrl":"http://a.example"}',
  ])('page settings are not %s', (value) => {
    expect(() => read(pageSettings, value)).toThrow('FIELD');
  });

  it.each([
    ['1', 1],
    ['999999999', 999_999_999],
  ])('number %s', (value, expected) => {
    expect(read(positiveInteger, value)).toBe(expected);
  });

  it.each(['0', '-1', '1.5', '1e3', '01', 'x', '9999999999'])('number is not %s', (value) => {
    expect(() => read(positiveInteger, value)).toThrow('FIELD');
  });
});
