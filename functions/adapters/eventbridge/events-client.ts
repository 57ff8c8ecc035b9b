import { EventBridgeClient, type EventBridgeClientConfig } from '@aws-sdk/client-eventbridge';

const ATTEMPTS = 2;
const ATTEMPT_TIMEOUT_MS = 1_500;
/** All attempts of one call and the pause between them. */
export const EVENTS_CALL_TIMEOUT_MS = 3_500;

export function createEventsClient(config: EventBridgeClientConfig = {}): EventBridgeClient {
  return new EventBridgeClient({
    maxAttempts: ATTEMPTS,
    requestHandler: {
      connectionTimeout: ATTEMPT_TIMEOUT_MS,
      requestTimeout: ATTEMPT_TIMEOUT_MS,
      throwOnRequestTimeout: true,
    },
    ...config,
  });
}
