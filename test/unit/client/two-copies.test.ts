import { expect, test } from 'vitest';
import { isVaultError, TemporarilyUnavailableError, VaultError } from '../../../client/vault-error.ts';

const MARK = Symbol.for('adobe-token-vault.VaultError');

test('the errors of another copy of the client are known, and nothing else is', () => {
  // Another class, the same mark. The test of the packed package has two real copies.
  const ofAnotherCopy = Object.assign(new Error('x'), { code: 'access_denied', [MARK]: true });
  const known = [new TemporarilyUnavailableError('Adobe does not answer.'), ofAnotherCopy];
  const foreign = [new Error('x'), { code: 'temporarily_unavailable' }, 'access_denied', null, undefined];

  expect(known.at(-1)).not.toBeInstanceOf(VaultError);
  expect([...known, ...foreign].filter(isVaultError)).toEqual(known);
});
