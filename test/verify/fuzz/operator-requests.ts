import type { Dice } from './dice.ts';
import type { FuzzRequest } from './fuzz-request.ts';
import { hostileValue, twist } from './hostile-values.ts';
import { api, type BaseRequest, connectionIdFrom } from './request-forms.ts';

/** What operators ask for: a rotation, the end of the access tokens, the end of everything of one person. */
export const operate: BaseRequest = (material, dice, marker) => {
  const id = connectionIdFrom(material, dice);
  const sub = dice.oneOf(material.subjects) ?? 'nobody';
  const ways: readonly [() => FuzzRequest, ...(() => FuzzRequest)[]] = [
    () => api('POST', `/connections/${id}/rotations`),
    () => api('POST', `/connections/${id}/rotations`, {}),
    // Rarely what is there: who asks next would wait for a rotation.
    () => api('DELETE', dice.happens(0.03) ? `/access-tokens/${id}` : '/access-tokens/demo.nobody'),
    () => api('POST', '/subjects/erase', { sub: twist(dice, sub, marker) }),
    () => api('POST', '/subjects/erase', { sub: dice.happens(0.1) ? sub : 'nobody@AdobeID' }),
  ];
  return dice.pick(ways)();
};

/** Few, so that what they bring in stays little. */
const MOVED_IDS: readonly [string, ...string[]] = ['moved.1', 'moved.2', 'moved.3', 'moved.4'];

/** A file of refresh tokens of another system. `replace` is kept off what lives: nobody could use it afterwards. */
export const importTokens: BaseRequest = (material, dice, marker) => {
  const replace = dice.happens(0.2);
  const lines = Array.from({ length: 1 + dice.whole(3) }, () =>
    importLine(dice, marker, replace, material.connectionIds),
  );
  const query = [
    ...(dice.happens(0.5) ? [`dry_run=${dice.pick(['true', 'true', 'false', '1', ''])}`] : []),
    ...(replace ? ['replace=true'] : []),
  ];
  return api('POST', '/imports', undefined, {
    query,
    headers: [['content-type', dice.pick(['application/x-ndjson', 'application/jsonl; charset=utf-8'])]],
    body: Buffer.from(lines.join(dice.pick(['\n', '\r\n', '\n\n']))),
  });
};

function importLine(dice: Dice, marker: string, replace: boolean, livingIds: readonly string[]): string {
  const bad = hostileValue(dice, marker);
  const moved = dice.pick(MOVED_IDS);
  const line = {
    connectionId: dice.happens(0.8) ? moved : replace ? bad : (dice.oneOf(livingIds) ?? moved),
    refreshToken: `token-of-before-${dice.whole(1_000_000)}`,
  };
  const lines: readonly [object, ...object[]] = [
    line,
    line,
    { ...line, clientId: bad },
    { ...line, sub: bad, scopes: ['openid', bad] },
    {
      ...line,
      refreshExpiresAt: dice.pick([
        '2020-01-01T00:00:00Z',
        '9999-12-31T23:59:59Z',
        '2026-02-30T00:00:00Z',
        bad,
      ]),
    },
    { ...line, refreshToken: bad },
    { ...line, refreshToken: `${line.refreshToken}${'x'.repeat(dice.pick([16_384, 32_768]))}` },
    { ...line, refreshToken: unsignedJwt({ type: 'access_token', client_id: bad, created_at: bad }) },
    { ...line, refreshToken: unsignedJwt({ type: 'refresh_token', expires_in: bad, created_at: '1' }) },
  ];
  return JSON.stringify(dice.pick(lines));
}

const unsignedJwt = (claims: object): string =>
  [{ alg: 'none' }, claims, {}]
    .map((part) => Buffer.from(JSON.stringify(part)).toString('base64url'))
    .join('.');
