import { EventBridgeClient, type EventBridgeClientConfig } from '@aws-sdk/client-eventbridge';
import { KMSClient, type KMSClientConfig } from '@aws-sdk/client-kms';
import { LambdaClient, type LambdaClientConfig } from '@aws-sdk/client-lambda';
import { SchedulerClient, type SchedulerClientConfig } from '@aws-sdk/client-scheduler';
import { SecretsManagerClient, type SecretsManagerClientConfig } from '@aws-sdk/client-secrets-manager';
import { createFreshSockets, type FreshSockets } from './fresh-sockets.ts';

/*
 * How long a call to AWS may take. DynamoDB's client stands in `adapters/dynamodb`, because its reads and writes differ.
 * A bundle contains only the SDK clients whose factory it imports (`sideEffects: false`).
 */

/** The first attempt and one retry. */
const MAX_ATTEMPTS = 2;
const ATTEMPT_TIMEOUT_MS = 1_500;
const KMS_ATTEMPT_TIMEOUT_MS = 1_700;

/** All attempts of one call and the pause between them. Opening a token and preparing a seal must end within 4 s. */
export const KMS_CALL_TIMEOUT_MS = 3_800;
/** A run that parks a successor has little time left. */
export const SCHEDULER_CALL_TIMEOUT_MS = 3_500;
export const SECRETS_CALL_TIMEOUT_MS = 3_500;
export const EVENTS_CALL_TIMEOUT_MS = 3_500;

const agentsOf = ({ httpAgent, httpsAgent }: FreshSockets) => ({ httpAgent, httpsAgent });

const attemptsWithin = (attemptTimeoutMs: number) => ({
  maxAttempts: MAX_ATTEMPTS,
  requestHandler: {
    ...agentsOf(createFreshSockets()),
    connectionTimeout: attemptTimeoutMs,
    requestTimeout: attemptTimeoutMs,
    throwOnRequestTimeout: true,
  },
});

export function createKmsClient(config: KMSClientConfig = {}): KMSClient {
  return new KMSClient({ ...attemptsWithin(KMS_ATTEMPT_TIMEOUT_MS), ...config });
}

export function createSchedulerClient(config: SchedulerClientConfig = {}): SchedulerClient {
  return new SchedulerClient({ ...attemptsWithin(ATTEMPT_TIMEOUT_MS), ...config });
}

export function createSecretsClient(config: SecretsManagerClientConfig = {}): SecretsManagerClient {
  return new SecretsManagerClient({ ...attemptsWithin(ATTEMPT_TIMEOUT_MS), ...config });
}

export function createEventsClient(config: EventBridgeClientConfig = {}): EventBridgeClient {
  return new EventBridgeClient({ ...attemptsWithin(ATTEMPT_TIMEOUT_MS), ...config });
}

/** No request timeout: an invocation is answered when the function ends, and the caller limits its own wait. */
export function createLambdaClient(config: LambdaClientConfig = {}): LambdaClient {
  return new LambdaClient({
    maxAttempts: MAX_ATTEMPTS,
    requestHandler: { ...agentsOf(createFreshSockets()), connectionTimeout: ATTEMPT_TIMEOUT_MS },
    ...config,
  });
}
