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
}

/** Where Scheduler and Lambda put what they could not deliver. In process: no function reads it. */
export function createDeadLetterQueue(deps: { queueArn: string }): DeadLetterQueue {
  const messages: QueueMessage[] = [];
  return {
    queueArn: deps.queueArn,
    send: (body, attributes) => void messages.push({ messageId: randomUUID(), body, attributes }),
    messages: () => [...messages],
    receive: () => messages.shift(),
  };
}
