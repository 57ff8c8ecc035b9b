import { KMSClient, type KMSClientConfig } from '@aws-sdk/client-kms';

const ATTEMPTS = 2;
const ATTEMPT_TIMEOUT_MS = 1_700;
/** All attempts and the pause between them: opening and preparing must end within 4 s. */
export const KMS_CALL_TIMEOUT_MS = 3_800;

export function createKmsClient(config: KMSClientConfig = {}): KMSClient {
  return new KMSClient({
    maxAttempts: ATTEMPTS,
    requestHandler: {
      connectionTimeout: ATTEMPT_TIMEOUT_MS,
      requestTimeout: ATTEMPT_TIMEOUT_MS,
      throwOnRequestTimeout: true,
    },
    ...config,
  });
}
