import { SchedulerClient, type SchedulerClientConfig } from '@aws-sdk/client-scheduler';

const ATTEMPTS = 2;
const ATTEMPT_TIMEOUT_MS = 1_500;
/** All attempts and the pause between them: whoever parks a successor has little time left. */
export const SCHEDULER_CALL_TIMEOUT_MS = 3_500;

export function createSchedulerClient(config: SchedulerClientConfig = {}): SchedulerClient {
  return new SchedulerClient({
    maxAttempts: ATTEMPTS,
    requestHandler: {
      connectionTimeout: ATTEMPT_TIMEOUT_MS,
      requestTimeout: ATTEMPT_TIMEOUT_MS,
      throwOnRequestTimeout: true,
    },
    ...config,
  });
}
