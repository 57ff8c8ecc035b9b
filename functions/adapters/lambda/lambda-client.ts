import { LambdaClient, type LambdaClientConfig } from '@aws-sdk/client-lambda';

const ATTEMPTS = 2;
const CONNECTION_TIMEOUT_MS = 1_500;

/** No request timeout: an invocation is answered when the function ends, and the caller bounds its own waiting. */
export function createLambdaClient(config: LambdaClientConfig = {}): LambdaClient {
  return new LambdaClient({
    maxAttempts: ATTEMPTS,
    requestHandler: { connectionTimeout: CONNECTION_TIMEOUT_MS },
    ...config,
  });
}
