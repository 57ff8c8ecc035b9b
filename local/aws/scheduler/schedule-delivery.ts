import type { DeadLetterQueue } from '../dead-letter-queue.ts';
import type { Authorizer } from '../iam/authorizer.ts';
import type { ScheduleDefinition } from './schedule.ts';

export interface ScheduleDelivery {
  scheduleArn: string;
  groupName: string;
  name: string;
  targetArn: string;
  roleArn: string;
  /** The target's input with the context attributes filled in. */
  input: string;
  scheduledAtMs: number;
  executionId: string;
  /** From 1. */
  attempt: number;
}

/** Resolves when the target has taken the delivery; rejects when it should be tried again. */
export type Deliver = (delivery: ScheduleDelivery) => Promise<void>;

export type DeliveryOutcome =
  | { delivered: true }
  | { delivered: false; code: string; message: string; final: boolean };

export interface Deliverer {
  attempt(delivery: ScheduleDelivery): Promise<DeliveryOutcome>;
  /** Writes it to the dead-letter queue if the role is allowed to. False: the delivery is lost. */
  sendToDeadLetterQueue(
    delivery: ScheduleDelivery,
    target: ScheduleDefinition['Target'],
    failure: Failure,
  ): boolean;
}

interface Failure {
  code: string;
  message: string;
  exhausted: string;
}

export const SCHEDULER_PRINCIPAL = 'scheduler.amazonaws.com';

/** Scheduler acts as the schedule's role: trust, target and dead-letter queue are all asked for. */
export function createDeliverer(deps: {
  accountId: string;
  authorizer: Authorizer;
  deliver: Deliver;
  deadLetterQueue: (queueArn: string) => DeadLetterQueue | undefined;
}): Deliverer {
  const { authorizer } = deps;
  const mayAct = (delivery: ScheduleDelivery, action: string, resource: string) => {
    const trustContext = trustContextOf(deps.accountId, delivery.scheduleArn);
    const trusted = authorizer.decideAssumeRole(delivery.roleArn, SCHEDULER_PRINCIPAL, trustContext);
    const roleName = delivery.roleArn.slice(delivery.roleArn.lastIndexOf('/') + 1);
    return (
      trusted === 'Allowed' &&
      authorizer.decide({ roleName }, { action, resource, context: {} }) === 'Allowed'
    );
  };

  return {
    async attempt(delivery) {
      const action = delivery.targetArn.split(':')[2] === 'sqs' ? 'sqs:SendMessage' : 'lambda:InvokeFunction';
      if (!mayAct(delivery, action, delivery.targetArn)) {
        const message = `the schedule's role is not allowed ${action} on ${delivery.targetArn}`;
        return { delivered: false, code: 'AccessDeniedException', message, final: true };
      }
      try {
        await deps.deliver(delivery);
        return { delivered: true };
      } catch (error) {
        const { name, message } = error instanceof Error ? error : new Error(String(error));
        return { delivered: false, code: name, message, final: false };
      }
    },
    sendToDeadLetterQueue(delivery, target, failure) {
      const queueArn = target.DeadLetterConfig?.Arn;
      const queue = queueArn === undefined ? undefined : deps.deadLetterQueue(queueArn);
      if (!queue || !mayAct(delivery, 'sqs:SendMessage', queue.queueArn)) return false;
      queue.send(delivery.input, {
        ERROR_CODE: failure.code,
        ERROR_MESSAGE: failure.message,
        EXECUTION_ID: delivery.executionId,
        EXHAUSTED_RETRY_CONDITION: failure.exhausted,
        RETRY_ATTEMPTS: String(delivery.attempt - 1),
        SCHEDULED_TIME: new Date(delivery.scheduledAtMs).toISOString(),
        SCHEDULE_ARN: delivery.scheduleArn,
        TARGET_ARN: delivery.targetArn,
      });
      return true;
    },
  };
}

/** The confused-deputy keys; the source is the schedule's group. */
export function trustContextOf(accountId: string, scheduleArn: string): Record<string, string> {
  const sourceArn = scheduleArn.replace(':schedule/', ':schedule-group/').replace(/\/[^/]*$/, '');
  return { 'aws:SourceAccount': accountId, 'aws:SourceArn': sourceArn };
}

/** @see https://docs.aws.amazon.com/scheduler/latest/UserGuide/managing-schedule-context-attributes.html */
export function fillInput(
  template: string,
  delivery: Pick<ScheduleDelivery, 'scheduleArn' | 'scheduledAtMs' | 'executionId' | 'attempt'>,
): string {
  return template
    .replaceAll('<aws.scheduler.schedule-arn>', delivery.scheduleArn)
    .replaceAll('<aws.scheduler.scheduled-time>', new Date(delivery.scheduledAtMs).toISOString())
    .replaceAll('<aws.scheduler.execution-id>', delivery.executionId)
    .replaceAll('<aws.scheduler.attempt-number>', String(delivery.attempt));
}
