import { type AccessToken, createTokenClient, isVaultError } from 'adobe-token-vault/client';

// As an application that has only the client installed would ask for a token, at the vault that the environment names.
const vault = createTokenClient();

async function tokenOrError(connectionId: string): Promise<string> {
  try {
    const token: AccessToken = await vault.getAccessToken(connectionId);
    return token.accessToken;
  } catch (error) {
    if (!isVaultError(error)) throw error;
    // @ts-expect-error the union of codes is closed: a misspelt one does not compile
    if (error.code === 'connection_lost') return 'never';
    return error.code;
  }
}

process.stdout.write(JSON.stringify([await tokenOrError('acme.user-42'), await tokenOrError('acme.absent')]));
