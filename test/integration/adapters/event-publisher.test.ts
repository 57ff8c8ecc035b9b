import { expect, it } from 'vitest';
import { createEventsClient } from '../../../functions/adapters/aws/clients.ts';
import { createEventPublisher } from '../../../functions/adapters/eventbridge/event-publisher.ts';
import type { ConnectionEvent } from '../../../functions/core/connection/connection.ts';
import { type AwsReply, startAwsServer } from './aws-test-server.ts';

function event(id: string): ConnectionEvent {
  return {
    id,
    type: 'Reauthorization Required',
    atMs: Date.UTC(2026, 10, 22, 12, 0, 0, 5),
    generation: 'G1',
    detail: { error: 'access_denied', connectionId: 'a detail cannot replace this' },
  };
}

function events(count: number) {
  return Array.from({ length: count }, (_, index) => event(`e${index}`));
}

function accepts(count: number): AwsReply {
  return {
    body: { FailedEntryCount: 0, Entries: Array.from({ length: count }, (_, i) => ({ EventId: `x${i}` })) },
  };
}

async function withEvents(...replies: AwsReply[]) {
  const server = await startAwsServer(...replies);
  const client = createEventsClient({ ...server.config });
  return { ...server, publisher: createEventPublisher({ client, busName: 'bus-1', vaultName: 'vault-1' }) };
}

it('an event says what happened to which connection of which vault', async () => {
  await using bridge = await withEvents(accepts(1));
  expect(await bridge.publisher.publish('acme.user-42', [event('e1')])).toEqual(['e1']);
  const entries = bridge.requests[0]?.body.Entries ?? [];
  const [entry] = entries as Record<string, unknown>[];
  expect(entry).toMatchObject({
    EventBusName: 'bus-1',
    Source: 'adobe-token-vault',
    DetailType: 'Reauthorization Required',
    Time: Date.UTC(2026, 10, 22, 12) / 1_000 + 0.005,
  });
  expect(JSON.parse(String(entry?.Detail))).toEqual({
    id: 'e1',
    vault: 'vault-1',
    connectionId: 'acme.user-42',
    generation: 'G1',
    occurredAt: '2026-11-22T12:00:00.005Z',
    error: 'access_denied',
  });
});

it('no events need no call', async () => {
  await using bridge = await withEvents('cut');
  expect(await bridge.publisher.publish('acme.user-42', [])).toEqual([]);
  expect(bridge.requests).toEqual([]);
});

it('more than ten events go in several calls', async () => {
  await using bridge = await withEvents(accepts(10), accepts(2));
  expect(await bridge.publisher.publish('acme.user-42', events(12))).toHaveLength(12);
});

it('only accepted events are reported as such', async () => {
  const body = {
    FailedEntryCount: 1,
    Entries: [{ EventId: 'x' }, { ErrorCode: 'ThrottlingException', ErrorMessage: 'm' }, { EventId: 'y' }],
  };
  await using bridge = await withEvents({ body });
  expect(await bridge.publisher.publish('acme.user-42', events(3))).toEqual(['e0', 'e2']);
});

it('what was accepted before a call failed stays accepted', async () => {
  const failure = { error: 'InternalException', status: 500 };
  await using bridge = await withEvents(accepts(10), failure, failure);
  expect(await bridge.publisher.publish('acme.user-42', events(12))).toHaveLength(10);
});

it.each([
  ['AccessDeniedException', 400, 'ACCESS_DENIED'],
  ['InternalException', 500, 'EVENTS_UNAVAILABLE'],
])('%s is an error', async (error, status, code) => {
  await using bridge = await withEvents({ error, status });
  await expect(bridge.publisher.publish('acme.user-42', events(1))).rejects.toMatchObject({ code });
});
