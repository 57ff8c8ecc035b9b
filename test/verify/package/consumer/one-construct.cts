import { TokenVault } from 'adobe-token-vault';

// An app with both kinds of modules has one construct, which knows all of its vaults.
void import('adobe-token-vault').then((imported) => {
  process.stdout.write(String(imported.TokenVault === TokenVault));
});
