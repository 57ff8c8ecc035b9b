import { EventBridgeClient, PutEventsCommand, type PutEventsRequestEntry } from '@aws-sdk/client-eventbridge';
import { describe, expect, it } from 'vitest';
import {
  createEventBridgeService,
  type EventBridgeService,
} from '../../../local/aws/event-bridge-service.ts';
import {
  accountId,
  clientConfig,
  directoryOf,
  errorNameOf,
  region,
  roleNamed,
  START_AT_MS,
  withEndpoint,
} from './local-account.ts';

const publisher = roleNamed('publisher', [
  {
    Effect: 'Allow',
    Action: 'events:PutEvents',
    Resource: `arn:aws:events:${region}:${accountId}:event-bus/default`,
    Condition: {
      'ForAllValues:StringEquals': { 'events:source': 'adobe-token-vault' },
      Null: { 'events:source': 'false' },
    },
  },
]);
const entry: PutEventsRequestEntry = {
  Source: 'adobe-token-vault',
  DetailType: 'Connected',
  Detail: '{"connectionId":"acme.user-42"}',
};

function run(
  test: (
    put: (...entries: PutEventsRequestEntry[]) => ReturnType<typeof send>,
    service: EventBridgeService,
  ) => Promise<void>,
) {
  const service = createEventBridgeService({ accountId, region, nowMs: () => START_AT_MS });
  return withEndpoint({ directory: directoryOf(publisher), services: [service] }, (url) => {
    const client = new EventBridgeClient(clientConfig(url, publisher));
    return test((...Entries) => send(client, Entries), service);
  });
}

function send(client: EventBridgeClient, Entries: PutEventsRequestEntry[]) {
  return client.send(new PutEventsCommand({ Entries }));
}

describe('the EventBridge stand-in', () => {
  it('keeps what is published, shaped as a rule target gets it', () =>
    run(async (put, service) => {
      const seen: string[] = [];
      const stop = service.subscribe((event) => seen.push(event['detail-type']));
      const answer = await put(entry);
      stop();
      await put(entry);
      expect(seen).toEqual(['Connected']);
      expect(answer.FailedEntryCount).toBe(0);
      expect(service.published()[0]).toEqual({
        version: '0',
        id: answer.Entries?.[0]?.EventId,
        'detail-type': 'Connected',
        source: 'adobe-token-vault',
        account: accountId,
        time: new Date(START_AT_MS).toISOString(),
        region,
        resources: [],
        detail: { connectionId: 'acme.user-42' },
        eventBusName: 'default',
      });
    }));

  it('denies another source and another bus', () =>
    run(async (put) => {
      expect(await errorNameOf(put(entry, { ...entry, Source: 'another.source' }))).toBe(
        'AccessDeniedException',
      );
      expect(await errorNameOf(put({ ...entry, EventBusName: 'other' }))).toBe('AccessDeniedException');
    }));

  it('refuses entries one by one inside a good answer', () =>
    run(async (put, service) => {
      const answer = await put({ ...entry, Detail: '{' }, { ...entry, DetailType: undefined }, entry);
      expect(answer.FailedEntryCount).toBe(2);
      expect(answer.Entries?.map((e) => e.ErrorCode)).toEqual([
        'MalformedDetail',
        'InvalidArgument',
        undefined,
      ]);
      service.failNextEntries(1);
      expect((await put(entry, entry)).Entries?.map((e) => e.ErrorCode)).toEqual([
        'InternalFailure',
        undefined,
      ]);
      expect(service.published()).toHaveLength(2);
    }));

  it('takes at most ten entries', () =>
    run(async (put) => {
      expect(await errorNameOf(put(...Array.from({ length: 11 }, () => entry)))).toBe('ValidationException');
    }));
});
