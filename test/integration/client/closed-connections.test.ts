import { setImmediate } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createAwsJsonCall } from '../../../client/aws-json-call.ts';
import { listen, type RunningServer } from './http-servers.ts';

/** Requests by connection, in the order in which the connections were opened. */
const requests = new Map<object, number>();
let service: RunningServer;

beforeEach(async () => {
  requests.clear();
  service = await listen((request, response) => {
    const number = (requests.get(request.socket) ?? 0) + 1;
    requests.set(request.socket, number);
    // As a connection looks to a process that was frozen while the other side closed it.
    if (number > 1) request.socket.destroy();
    else response.end('{"Item":{}}');
  });
});

afterEach(() => service.close());

test('a call over a closed network connection is repeated on a new one', async () => {
  const call = createAwsJsonCall({
    endpoint: new URL(service.url),
    jsonVersion: '1.0',
    sign: async () => ({}),
    fetch,
    nowMs: Date.now,
  });
  const read = () => call('DynamoDB_20120810.GetItem', {}, new AbortController().signal);
  const mostOnOne = () => Math.max(0, ...requests.values());
  // A connection goes back to its pool some time after its answer was read.
  for (let reads = 0; reads < 50 && mostOnOne() < 2; reads++) {
    await setImmediate();
    expect((await read()).body).toEqual({ Item: {} });
  }
  expect(mostOnOne()).toBe(2);
});
