import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import type { LocalStack } from '../../../local/stack/local-stack.ts';

/** The generated key of the transaction cookies, read as the one function that may read no other secret. */
export async function cookieKeyOf(stack: LocalStack): Promise<string> {
  const { environment, roleArn } = stack.functions.get('authorize').definition;
  const client = new SecretsManagerClient({
    endpoint: stack.awsEndpointUrl,
    region: 'us-east-1',
    credentials: stack.credentialsOf(roleArn),
    systemClockOffset: stack.clock.nowMs() - Date.now(),
  });
  const { SecretString = '{}' } = await client.send(
    new GetSecretValueCommand({ SecretId: environment.COOKIE_KEY_SECRET_ID }),
  );
  client.destroy();
  const key: { current?: string } = JSON.parse(SecretString);
  return key.current ?? '';
}
