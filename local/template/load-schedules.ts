import type { ScheduleDefinition } from '../aws/scheduler/schedule.ts';
import { type DeployedResource, type Deployment, resourcesOfType } from './deployment.ts';
import { asRecord, asString, optionalNumber, optionalString } from './template.ts';

export interface TemplateSchedule {
  groupName: string;
  name: string;
  definition: ScheduleDefinition;
}

function epochSeconds(value: unknown, what: string): number | undefined {
  const text = optionalString(value, what);
  return text === undefined ? undefined : Date.parse(text) / 1000;
}

/** Drops absent members, which the service's types want left out. */
function compact<T extends object>(record: { [K in keyof T]: T[K] | undefined }): T {
  return Object.fromEntries(Object.entries(record).filter(([, value]) => value !== undefined)) as T;
}

function toTarget(value: unknown): ScheduleDefinition['Target'] {
  const { Arn, RoleArn, Input, RetryPolicy, DeadLetterConfig } = asRecord(value);
  const { MaximumRetryAttempts, MaximumEventAgeInSeconds } = asRecord(RetryPolicy);
  const { Arn: deadLetterArn } = asRecord(DeadLetterConfig);
  return compact<ScheduleDefinition['Target']>({
    Arn: asString(Arn, 'a schedule target'),
    RoleArn: asString(RoleArn, 'the role of a schedule target'),
    Input: optionalString(Input, 'Input'),
    RetryPolicy: compact<NonNullable<ScheduleDefinition['Target']['RetryPolicy']>>({
      MaximumRetryAttempts: optionalNumber(MaximumRetryAttempts, 'MaximumRetryAttempts'),
      MaximumEventAgeInSeconds: optionalNumber(MaximumEventAgeInSeconds, 'MaximumEventAgeInSeconds'),
    }),
    DeadLetterConfig: deadLetterArn === undefined ? undefined : { Arn: String(deadLetterArn) },
  });
}

function toSchedule({ properties, identity }: DeployedResource): TemplateSchedule {
  const { Mode, MaximumWindowInMinutes } = asRecord(properties.FlexibleTimeWindow);
  return {
    groupName: optionalString(properties.GroupName, 'GroupName') ?? 'default',
    name: identity.ref,
    definition: compact<ScheduleDefinition>({
      ScheduleExpression: asString(properties.ScheduleExpression, 'ScheduleExpression'),
      ScheduleExpressionTimezone: optionalString(
        properties.ScheduleExpressionTimezone,
        'ScheduleExpressionTimezone',
      ),
      StartDate: epochSeconds(properties.StartDate, 'StartDate'),
      EndDate: epochSeconds(properties.EndDate, 'EndDate'),
      Description: optionalString(properties.Description, 'Description'),
      State: properties.State === 'DISABLED' ? 'DISABLED' : 'ENABLED',
      ActionAfterCompletion: undefined,
      FlexibleTimeWindow: compact<ScheduleDefinition['FlexibleTimeWindow']>({
        Mode: Mode === 'FLEXIBLE' ? 'FLEXIBLE' : 'OFF',
        MaximumWindowInMinutes: optionalNumber(MaximumWindowInMinutes, 'MaximumWindowInMinutes'),
      }),
      Target: toTarget(properties.Target),
    }),
  };
}

export function loadScheduleGroups(deployment: Deployment): string[] {
  return resourcesOfType(deployment, 'AWS::Scheduler::ScheduleGroup').map(({ identity }) => identity.ref);
}

export function loadSchedules(deployment: Deployment): TemplateSchedule[] {
  return resourcesOfType(deployment, 'AWS::Scheduler::Schedule').map(toSchedule);
}
