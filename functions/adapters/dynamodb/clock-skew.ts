import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { httpDateMs } from '../../core/moment.ts';

/** The `Date` header (RFC 9110 §6.6.1) cuts off the fraction of the second; the middle of it is the best guess. */
const HALF_A_SECOND_MS = 500;

/** Notes the `Date` header of every answer of these clients, errors included. */
export function observeClockSkew(clients: readonly DynamoDBClient[]): () => number | undefined {
  let skewMs: number | undefined;
  for (const client of clients) {
    client.middlewareStack.add(
      (next) => async (args) => {
        const answer = await next(args);
        const storeMs = dateHeaderMs(answer.response);
        if (storeMs !== undefined) skewMs = Date.now() - storeMs - HALF_A_SECOND_MS;
        return answer;
      },
      // Next to the wire: outside of it, an error answer would be thrown before it is seen.
      { step: 'deserialize', priority: 'low', name: 'observeClockSkew' },
    );
  }
  return () => skewMs;
}

function dateHeaderMs(response: unknown): number | undefined {
  if (typeof response !== 'object' || response === null || !('headers' in response)) return undefined;
  const headers = response.headers;
  if (typeof headers !== 'object' || headers === null || !('date' in headers)) return undefined;
  return httpDateMs(String(headers.date));
}
