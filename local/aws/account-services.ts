import type { AwsService } from './aws-call.ts';
import { AwsServiceError, jsonAnswer, jsonError, targetOperation } from './protocols.ts';
import { formOf, members, xmlError, xmlResult } from './xml-protocol.ts';

/** What an account has besides the stack. Tests change it. */
export interface LocalAccount {
  /** ARNs of subscriptions by topic; `PendingConfirmation` stands for one that is not confirmed. Any topic exists. */
  subscriptions: Map<string, string[]>;
  /** Lambda's concurrent executions. */
  concurrency: { limit: number; unreserved: number };
  /** Other quotas by service code and name, as AWS lists them. */
  quotas: Map<string, Record<string, number>>;
}

/** An account that has been in use for a while, with one subscriber to everything. */
export function createLocalAccount(): LocalAccount {
  return {
    subscriptions: new Map(),
    concurrency: { limit: 1_000, unreserved: 1_000 },
    quotas: new Map([
      [
        'scheduler',
        {
          'Number of schedules': 10_000_000,
          'CreateSchedule request rate': 5_000,
          'Invocations throttle limit': 1_000,
        },
      ],
      ['kms', { 'Cryptographic operations (symmetric) request rate': 100_000 }],
    ]),
  };
}

const SUBSCRIBED = 'arn:aws:sns:us-east-1:123456789012:local:00000000-0000-0000-0000-000000000000';

/** @see https://docs.aws.amazon.com/sns/latest/api/API_ListSubscriptionsByTopic.html */
export function createSnsService({ subscriptions }: LocalAccount): AwsService {
  return {
    service: 'sns',
    operationOf: (request) => formOf(request).get('Action') ?? '',
    authorizations: (call) => [
      { action: `sns:${call.operation}`, resource: formOf(call).get('TopicArn') ?? '*', context: {} },
    ],
    async answer(call) {
      if (call.operation !== 'ListSubscriptionsByTopic') {
        throw new AwsServiceError('InvalidAction', call.operation);
      }
      const TopicArn = formOf(call).get('TopicArn') ?? '';
      const found = (subscriptions.get(TopicArn) ?? [SUBSCRIBED]).map((SubscriptionArn) => ({
        SubscriptionArn,
        TopicArn,
        Protocol: 'email',
      }));
      return xmlResult(call.operation, `<Subscriptions>${members(found)}</Subscriptions>`);
    },
    error: xmlError,
  };
}

/** @see https://docs.aws.amazon.com/servicequotas/2019-06-24/apireference/API_ListServiceQuotas.html */
export function createServiceQuotasService({ quotas }: LocalAccount): AwsService {
  return {
    service: 'servicequotas',
    operationOf: ({ headers }) =>
      targetOperation(headers, { targetPrefix: 'ServiceQuotasV20190624', version: '1.1' }),
    authorizations: (call) => [{ action: `servicequotas:${call.operation}`, resource: '*', context: {} }],
    async answer(call) {
      if (call.operation !== 'ListServiceQuotas') {
        throw new AwsServiceError('UnknownOperationException', call.operation);
      }
      const { ServiceCode = '' } = call.json() as { ServiceCode?: string };
      const Quotas = Object.entries(quotas.get(ServiceCode) ?? {}).map(([QuotaName, Value]) => ({
        ServiceCode,
        QuotaName,
        Value,
      }));
      return jsonAnswer({ Quotas });
    },
    error: jsonError,
  };
}
