import { expect, it } from 'vitest';
import { readAccessTokenLife } from '../../../../functions/adapters/ims/token-answer.ts';

const DAY_MS = 86_400_000;

it.each([
  ['seconds', 86399, undefined, 86399, []],
  ['seconds in a string', '3599', undefined, 3599, []],
  ['seconds that agree with the token', 86399, DAY_MS, 86399, []],
  ['milliseconds, as token endpoint v1 has them', 86399985, undefined, 86399, ['expires-in-milliseconds']],
  ['few milliseconds that only the token gives away', 600_000, 600_000, 600, ['expires-in-milliseconds']],
  ['a longer life than the token claims', 86400, 3_600_000, 3600, ['expires-in-disagrees-with-token']],
  ['a shorter life than the token claims', 3600, DAY_MS, 3600, ['expires-in-disagrees-with-token']],
  ['nothing, but the token knows', undefined, DAY_MS, 86400, ['expires-in-missing']],
  ['nothing at all', undefined, undefined, 3600, ['expires-in-missing', 'expires-in-assumed']],
  ['nonsense', 'soon', undefined, 3600, ['expires-in-implausible', 'expires-in-assumed']],
  ['a life of zero', 0, undefined, 3600, ['expires-in-implausible', 'expires-in-assumed']],
  ['a life below zero', -3600, DAY_MS, 86400, ['expires-in-implausible']],
  ['a blink', 1, undefined, 3600, ['expires-in-implausible', 'expires-in-assumed']],
  ['a blink in a string', '30', undefined, 3600, ['expires-in-implausible', 'expires-in-assumed']],
  ['less than a minute', 59.9, undefined, 3600, ['expires-in-implausible', 'expires-in-assumed']],
  ['less than a minute, but the token knows', 59, DAY_MS, 86400, ['expires-in-implausible']],
  ['no number', Number.NaN, undefined, 3600, ['expires-in-implausible', 'expires-in-assumed']],
  ['less than a minute in milliseconds', 57_500, 60_000, 60, ['expires-in-implausible']],
  ['a minute', 60, undefined, 60, []],
  ['an endless life', 1e15, undefined, 1_000_000, ['expires-in-milliseconds']],
  ['a life the token claims to be a blink', 86399, 5, 86399, []],
])('%s', (_name, expiresIn, claimMs, expiresInSeconds, anomalies) => {
  expect(readAccessTokenLife(expiresIn, claimMs)).toEqual({ expiresInSeconds, anomalies });
});
