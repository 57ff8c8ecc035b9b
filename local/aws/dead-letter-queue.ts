import { randomUUID } from 'node:crypto';

export interface QueueMessage {
  messageId: string;
  body: string;
  attributes: Record<string, string>;
}

export interface DeadLetterQueue {
  readonly queueArn: string;
  send(body: string, attributes: Record<string, string>): void;
  messages(): QueueMessage[];
  /** Takes the oldest message off the queue. */
  receive(): QueueMessage | undefined;
  purge(): void;
}

export interface DeadLetterQueueDeps {
  queueArn: string;
  /** Called with the number of messages whenever it changes. */
  onLength?(length: number): void;
}

/** Where Scheduler and Lambda put what they could not deliver. In process: no function reads it. */
export function createDeadLetterQueue({ queueArn, onLength }: DeadLetterQueueDeps): DeadLetterQueue {
  let messages: QueueMessage[] = [];
  const become = (next: QueueMessage[]): void => {
    messages = next;
    onLength?.(messages.length);
  };
  return {
    queueArn,
    send: (body, attributes) => become([...messages, { messageId: randomUUID(), body, attributes }]),
    messages: () => [...messages],
    receive: () => {
      const [oldest, ...rest] = messages;
      if (oldest) become(rest);
      return oldest;
    },
    purge: () => become([]),
  };
}
