import { createTokenClient, isVaultError } from 'adobe-token-vault/client';

// As a CommonJS module: the compiler turns the import into `require`.
const vault = createTokenClient();

async function codeOf(connectionId: string): Promise<string> {
  try {
    const { accessToken } = await vault.getAccessToken(connectionId);
    return accessToken;
  } catch (error) {
    if (!isVaultError(error)) throw error;
    // @ts-expect-error the union of codes is closed here too
    if (error.code === 'connection_lost') return 'never';
    return error.code;
  }
}

async function main(): Promise<void> {
  process.stdout.write(JSON.stringify([await codeOf('acme.user-42'), await codeOf('acme.absent')]));
}

void main();
