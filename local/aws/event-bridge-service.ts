import { randomUUID } from 'node:crypto';
import type { AwsService } from './aws-call.ts';
import { AwsServiceError, jsonAnswer, jsonError, targetOperation } from './protocols.ts';

/** An event as a rule's target receives it. */
export interface PublishedEvent {
  version: '0';
  id: string;
  'detail-type': string;
  source: string;
  account: string;
  time: string;
  region: string;
  resources: string[];
  detail: unknown;
  /** Not part of the event on the wire. */
  eventBusName: string;
}

export interface EventBridgeService extends AwsService {
  published(): PublishedEvent[];
  /** Called in order for every event; returns how to stop. */
  subscribe(subscriber: (event: PublishedEvent) => void): () => void;
  /** The next entries are refused one by one inside an answer of status 200, as EventBridge does under load. */
  failNextEntries(count: number): void;
}

interface Entry {
  Source?: string;
  DetailType?: string;
  Detail?: string;
  Resources?: string[];
  EventBusName?: string;
  Time?: number;
}

const MAX_ENTRIES = 10;

/** @see https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutEvents.html */
export function createEventBridgeService(deps: {
  accountId: string;
  region: string;
  nowMs: () => number;
}): EventBridgeService {
  const events: PublishedEvent[] = [];
  const subscribers = new Set<(event: PublishedEvent) => void>();
  let entriesToFail = 0;

  const publish = (entry: Entry) => {
    if (entriesToFail > 0) {
      entriesToFail -= 1;
      return { ErrorCode: 'InternalFailure', ErrorMessage: 'An internal failure happened.' };
    }
    const refusal = refusalOf(entry);
    if (refusal) return refusal;
    const event: PublishedEvent = {
      version: '0',
      id: randomUUID(),
      'detail-type': entry.DetailType ?? '',
      source: entry.Source ?? '',
      account: deps.accountId,
      time: new Date(entry.Time === undefined ? deps.nowMs() : entry.Time * 1000).toISOString(),
      region: deps.region,
      resources: entry.Resources ?? [],
      detail: JSON.parse(entry.Detail ?? '{}'),
      eventBusName: busNameOf(entry),
    };
    events.push(event);
    for (const subscriber of subscribers) subscriber(event);
    return { EventId: event.id };
  };

  return {
    service: 'events',
    published: () => [...events],
    failNextEntries: (count) => {
      entriesToFail += count;
    },
    subscribe(subscriber) {
      subscribers.add(subscriber);
      return () => subscribers.delete(subscriber);
    },
    operationOf: ({ headers }) => targetOperation(headers, { targetPrefix: 'AWSEvents', version: '1.1' }),
    authorizations(call) {
      const entries = entriesOf(call.json());
      return [...new Set(entries.map(busNameOf))].map((bus) => {
        const here = entries.filter((entry) => busNameOf(entry) === bus);
        return {
          action: `events:${call.operation}`,
          resource: `arn:aws:events:${deps.region}:${deps.accountId}:event-bus/${bus}`,
          context: {
            'events:source': [...new Set(here.map((e) => e.Source ?? ''))],
            'events:detail-type': [...new Set(here.map((e) => e.DetailType ?? ''))],
            'events:eventBusInvocation': 'false',
          },
        };
      });
    },
    async answer(call) {
      if (call.operation !== 'PutEvents')
        throw new AwsServiceError('UnknownOperationException', call.operation);
      const entries = entriesOf(call.json());
      if (entries.length === 0 || entries.length > MAX_ENTRIES) {
        throw new AwsServiceError(
          'ValidationException',
          `'entries' must have between 1 and ${MAX_ENTRIES} members`,
        );
      }
      const results = entries.map(publish);
      return jsonAnswer({
        FailedEntryCount: results.filter((r) => 'ErrorCode' in r).length,
        Entries: results,
      });
    },
    error: jsonError,
  };
}

function entriesOf(input: unknown): Entry[] {
  return (input as { Entries?: Entry[] }).Entries ?? [];
}

function busNameOf({ EventBusName }: Entry) {
  return EventBusName?.replace(/^arn:.*:event-bus\//, '') ?? 'default';
}

function refusalOf(entry: Entry): { ErrorCode: string; ErrorMessage: string } | undefined {
  const missing = (['Source', 'DetailType', 'Detail'] as const).find((name) => !entry[name]);
  if (missing) {
    const ErrorMessage = `Parameter ${missing} is not valid. Reason: ${missing} is a required argument.`;
    return { ErrorCode: 'InvalidArgument', ErrorMessage };
  }
  try {
    JSON.parse(entry.Detail ?? '');
    return undefined;
  } catch {
    return { ErrorCode: 'MalformedDetail', ErrorMessage: 'Detail is malformed.' };
  }
}
