import { EventBridgeClient, PutEventsCommand, type PutEventsRequestEntry } from '@aws-sdk/client-eventbridge';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ConformanceTarget, conformanceTarget, errorNameOf, uniqueName } from './conformance-target.ts';

describe('EventBridge', () => {
  const Source = uniqueName('conformance');
  let target: ConformanceTarget;
  let client: EventBridgeClient;

  beforeAll(async () => {
    target = await conformanceTarget();
    client = new EventBridgeClient(target.clientConfig);
  });
  afterAll(() => target.stop());

  const event = (change: Partial<PutEventsRequestEntry> = {}): PutEventsRequestEntry => ({
    Source,
    DetailType: 'Connected',
    Detail: '{"connectionId":"acme.user-42"}',
    ...change,
  });
  const publish = (...Entries: PutEventsRequestEntry[]) => client.send(new PutEventsCommand({ Entries }));

  it('gives every event an id', async () => {
    const { Entries = [], FailedEntryCount } = await publish(event(), event());
    expect(FailedEntryCount).toBe(0);
    expect(new Set(Entries.map(({ EventId }) => EventId)).size).toBe(2);
  });

  it('refuses one entry and takes the other, in an answer of success', async () => {
    const { Entries = [], FailedEntryCount } = await publish(event({ Detail: 'no JSON' }), event());
    expect(FailedEntryCount).toBe(1);
    expect(Entries[0]).toMatchObject({ ErrorCode: 'MalformedDetail' });
    expect(Entries[1]?.EventId).toMatch(/./);
  });

  it('takes at most ten at once', async () => {
    const eleven = Array.from({ length: 11 }, () => event());
    expect(await errorNameOf(publish(...eleven))).toBe('ValidationException');
    expect((await publish(...eleven.slice(1))).FailedEntryCount).toBe(0);
  });
});
