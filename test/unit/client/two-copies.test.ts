import { expect, test, vi } from 'vitest';
import { isVaultError, TemporarilyUnavailableError } from '../../../client/vault-error.ts';

test('the errors of another copy of the client are known, and nothing else is', async () => {
  vi.resetModules();
  const copy = await import('../../../client/vault-error.ts');
  const error = new copy.TemporarilyUnavailableError('Adobe does not answer.');

  expect(error).not.toBeInstanceOf(TemporarilyUnavailableError);
  expect(isVaultError(error)).toBe(true);
  expect(copy.isVaultError(new TemporarilyUnavailableError('Adobe does not answer.'))).toBe(true);
  const foreign = [new Error('x'), { code: 'temporarily_unavailable' }, 'access_denied', null, undefined];
  expect(foreign.filter(isVaultError)).toEqual([]);
});
