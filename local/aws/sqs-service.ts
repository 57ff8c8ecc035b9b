import type { AwsCall, AwsService } from './aws-call.ts';
import type { DeadLetterQueue } from './dead-letter-queue.ts';
import { AwsServiceError, jsonAnswer, jsonError, targetOperation } from './protocols.ts';

interface Input {
  readonly QueueUrl?: string;
  readonly QueueName?: string;
  readonly QueueNamePrefix?: string;
  readonly MaxNumberOfMessages?: number;
}

export interface SqsServiceDeps {
  readonly accountId: string;
  readonly region: string;
  readonly queues: ReadonlyMap<string, DeadLetterQueue>;
}

/**
 * What an operator does with a dead-letter queue. A message that was received is not hidden from the next reader.
 * @see https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_Operations.html
 */
export function createSqsService({ accountId, region, queues }: SqsServiceDeps): AwsService {
  const urlOf = (name: string): string => `https://sqs.${region}.amazonaws.com/${accountId}/${name}`;
  const nameOf = ({ queueArn }: DeadLetterQueue): string => queueArn.split(':').at(-1) ?? '';
  const named = (name: string): DeadLetterQueue => {
    const queue = [...queues.values()].find((candidate) => nameOf(candidate) === name);
    if (queue) return queue;
    throw new AwsServiceError('QueueDoesNotExist', 'The specified queue does not exist.');
  };
  const meant = ({ QueueUrl = '', QueueName }: Input): DeadLetterQueue =>
    named(QueueName ?? QueueUrl.split('/').at(-1) ?? '');
  const inputOf = (call: AwsCall): Input => call.json() as Input;

  const operations: Readonly<Record<string, (input: Input) => object>> = {
    ListQueues: ({ QueueNamePrefix = '' }) => {
      const names = [...queues.values()].map(nameOf).filter((name) => name.startsWith(QueueNamePrefix));
      return { QueueUrls: names.map(urlOf) };
    },
    GetQueueUrl: (input) => ({ QueueUrl: urlOf(nameOf(meant(input))) }),
    ReceiveMessage: (input) => ({
      Messages: meant(input)
        .messages()
        .slice(0, input.MaxNumberOfMessages ?? 1)
        .map(({ messageId, body, attributes }) => ({
          MessageId: messageId,
          ReceiptHandle: messageId,
          Body: body,
          MessageAttributes: Object.fromEntries(
            Object.entries(attributes).map(([name, StringValue]) => [
              name,
              { DataType: 'String', StringValue },
            ]),
          ),
        })),
    }),
    PurgeQueue: (input) => {
      meant(input).purge();
      return {};
    },
  };

  return {
    service: 'sqs',
    operationOf: ({ headers }) => targetOperation(headers, { targetPrefix: 'AmazonSQS', version: '1.0' }),
    authorizations: (call) => {
      const { QueueUrl, QueueName = QueueUrl?.split('/').at(-1) ?? '*' } = inputOf(call);
      const resource = `arn:aws:sqs:${region}:${accountId}:${QueueName}`;
      return [{ action: `sqs:${call.operation}`, resource, context: {} }];
    },
    async answer(call) {
      const operation = operations[call.operation];
      if (!operation) throw new AwsServiceError('UnknownOperationException', call.operation);
      return jsonAnswer(operation(inputOf(call)));
    },
    error: jsonError,
  };
}
