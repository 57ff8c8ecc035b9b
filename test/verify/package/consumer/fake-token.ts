import { ReauthorizationRequiredError } from 'adobe-token-vault/client';
import { createFakeTokenClient } from 'adobe-token-vault/testing';

const vault = createFakeTokenClient({
  'acme.user-42': { accessToken: 'token-1' },
  'acme.user-43': { error: 'reauthorization_required' },
});
const { accessToken } = await vault.getAccessToken('acme.user-42');
const failure = await vault.getAccessToken('acme.user-43').catch((error: unknown) => error);
process.stdout.write(JSON.stringify([accessToken, failure instanceof ReauthorizationRequiredError]));
