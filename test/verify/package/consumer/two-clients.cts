import { ConnectionNotFoundError, isVaultError } from 'adobe-token-vault/client';

// An application with both kinds of modules has two clients, which know each other's errors.
void import('adobe-token-vault/client').then((imported) => {
  const known = [
    imported.isVaultError(new ConnectionNotFoundError('of the CommonJS module')),
    isVaultError(new imported.ConnectionNotFoundError('of the ES module')),
  ];
  process.stdout.write(JSON.stringify([imported.isVaultError !== isVaultError, ...known]));
});
