import type { AuthorizationRequest, AwsCall, AwsService } from '../aws-call.ts';
import type { DeadLetterQueue } from '../dead-letter-queue.ts';
import type { Authorizer } from '../iam/authorizer.ts';
import { AwsServiceError, restAnswer, restError } from '../protocols.ts';
import type { Schedule, ScheduleDefinition } from './schedule.ts';
import {
  createScheduleBook,
  type ScheduleBook,
  type ScheduleChange,
  type ScheduleGroup,
} from './schedule-book.ts';
import { createDeliverer, type Deliver, SCHEDULER_PRINCIPAL, trustContextOf } from './schedule-delivery.ts';
import { createScheduleRunner, type ScheduleRunner } from './schedule-runner.ts';

export interface SchedulerService extends AwsService, ScheduleRunner {
  /** What a template's schedule and group do on deploy. */
  createGroup(name: string): void;
  createSchedule(groupName: string, name: string, definition: ScheduleDefinition): void;
  /** What an operator's mistake does: the group goes, and every schedule in it. */
  deleteGroup(name: string): void;
  schedules(): Schedule[];
  /** Shows every schedule that comes, changes or goes, at the moment it does. */
  watchSchedules(listener: (change: ScheduleChange) => void): void;
}

export interface SchedulerServiceDeps {
  accountId: string;
  region: string;
  nowMs: () => number;
  authorizer: Authorizer;
  deliver: Deliver;
  deadLetterQueue?: (queueArn: string) => DeadLetterQueue | undefined;
}

interface Route {
  operation: string;
  groupName: string;
  name: string;
  query: URLSearchParams;
}

/** @see https://docs.aws.amazon.com/scheduler/latest/APIReference/API_Operations.html */
export function createSchedulerService(deps: SchedulerServiceDeps): SchedulerService {
  const book = createScheduleBook(deps);
  const deliverer = createDeliverer({ deadLetterQueue: () => undefined, ...deps });
  const runner = createScheduleRunner(book, deliverer);
  const operations = operationsOn(book, (arn, definition) => requireTrust(deps, arn, definition));

  return {
    ...runner,
    service: 'scheduler',
    createGroup: (name) => void book.createGroup(name),
    createSchedule: (groupName, name, definition) => void book.create(groupName, name, definition),
    deleteGroup: (name) => book.deleteGroup(name),
    schedules: () => book.all(),
    watchSchedules: book.watch,
    operationOf: ({ method, path }) => operationNameOf(method, path),
    authorizations: (call) => authorizationsOf(deps, call),
    async answer(call) {
      const route = routeOf(call);
      const operation = operations[route.operation];
      if (!operation) throw new AwsServiceError('UnknownOperationException', `${call.method} ${call.path}`);
      return restAnswer(operation(route, call.json()));
    },
    error: restError,
  };
}

function operationsOn(
  book: ScheduleBook,
  checkTrust: (scheduleArn: string, definition: ScheduleDefinition) => void,
): Record<string, (route: Route, input: unknown) => object> {
  return {
    CreateSchedule({ groupName, name }, input) {
      const definition = input as ScheduleDefinition;
      const { ClientToken } = input as { ClientToken?: string };
      checkTrust(`${book.getGroup(groupName).arn.replace('-group/', '/')}/${name}`, definition);
      return { ScheduleArn: book.create(groupName, name, definition, ClientToken).arn };
    },
    UpdateSchedule({ groupName, name }, input) {
      checkTrust(book.get(groupName, name).arn, input as ScheduleDefinition);
      return { ScheduleArn: book.update(groupName, name, input as ScheduleDefinition).arn };
    },
    GetSchedule: ({ groupName, name }) => described(book.get(groupName, name)),
    DeleteSchedule({ groupName, name }) {
      book.delete(groupName, name);
      return {};
    },
    ListSchedules({ query }) {
      const prefix = query.get('NamePrefix') ?? '';
      const group = query.get('ScheduleGroup');
      const state = query.get('State');
      const found = book
        .all()
        .filter((s) => s.name.startsWith(prefix) && (group === null || s.groupName === group))
        .filter((s) => state === null || (s.definition.State ?? 'ENABLED') === state);
      const { page, NextToken } = pageOf(found, query);
      return { Schedules: page.map(summarised), NextToken };
    },
    CreateScheduleGroup: ({ name }) => ({ ScheduleGroupArn: book.createGroup(name).arn }),
    GetScheduleGroup: ({ name }) => describedGroup(book.getGroup(name)),
    DeleteScheduleGroup({ name }) {
      book.deleteGroup(name);
      return {};
    },
    ListScheduleGroups({ query }) {
      const { page, NextToken } = pageOf(book.groups(), query);
      return { ScheduleGroups: page.map(describedGroup), NextToken };
    },
  };
}

/** Scheduler refuses a schedule whose role it could not assume. */
function requireTrust(deps: SchedulerServiceDeps, scheduleArn: string, definition: ScheduleDefinition): void {
  const roleArn = definition.Target?.RoleArn;
  if (roleArn === undefined) return;
  const context = trustContextOf(deps.accountId, scheduleArn);
  if (deps.authorizer.decideAssumeRole(roleArn, SCHEDULER_PRINCIPAL, context) === 'Allowed') return;
  const message = 'The execution role you provide must allow AWS EventBridge Scheduler to assume the role.';
  throw new AwsServiceError('ValidationException', message);
}

const OPERATIONS: Record<string, string> = {
  'POST schedules/': 'CreateSchedule',
  'PUT schedules/': 'UpdateSchedule',
  'GET schedules/': 'GetSchedule',
  'DELETE schedules/': 'DeleteSchedule',
  'GET schedules': 'ListSchedules',
  'POST schedule-groups/': 'CreateScheduleGroup',
  'GET schedule-groups/': 'GetScheduleGroup',
  'DELETE schedule-groups/': 'DeleteScheduleGroup',
  'GET schedule-groups': 'ListScheduleGroups',
};

function operationNameOf(method: string, path: string): string {
  const [collection = '', name] = new URL(path, 'http://scheduler').pathname.slice(1).split('/');
  return OPERATIONS[`${method} ${collection}${name === undefined ? '' : '/'}`] ?? 'UnknownOperation';
}

function routeOf(call: AwsCall): Route {
  const { pathname, searchParams: query } = new URL(call.path, 'http://scheduler');
  const name = decodeURIComponent(pathname.split('/')[2] ?? '');
  const { GroupName } = call.json() as { GroupName?: string };
  const groupName = GroupName ?? query.get('groupName') ?? 'default';
  return { operation: call.operation, groupName, name, query };
}

function authorizationsOf(deps: SchedulerServiceDeps, call: AwsCall): AuthorizationRequest[] {
  const { operation, groupName, name, query } = routeOf(call);
  const prefix = `arn:aws:scheduler:${deps.region}:${deps.accountId}`;
  const own = (resource: string) => ({
    action: `scheduler:${operation}`,
    resource: `${prefix}:${resource}`,
    context: {},
  });
  if (operation === 'ListSchedules') return [own(`schedule/${query.get('ScheduleGroup') ?? '*'}/*`)];
  if (operation === 'ListScheduleGroups') return [own('schedule-group/*')];
  if (operation.endsWith('Group')) return [own(`schedule-group/${name}`)];
  const { Target } = call.json() as { Target?: { RoleArn?: string } };
  if (Target?.RoleArn === undefined) return [own(`schedule/${groupName}/${name}`)];
  const passRole = {
    action: 'iam:PassRole',
    resource: Target.RoleArn,
    context: { 'iam:PassedToService': SCHEDULER_PRINCIPAL },
  };
  return [own(`schedule/${groupName}/${name}`), passRole];
}

function pageOf<T>(all: T[], query: URLSearchParams): { page: T[]; NextToken?: string } {
  const from = Number(query.get('NextToken') ?? 0);
  const to = from + Number(query.get('MaxResults') ?? 100);
  return { page: all.slice(from, to), ...(to < all.length && { NextToken: String(to) }) };
}

function described(schedule: Schedule): object {
  const { ClientToken: _, ...definition } = schedule.definition as ScheduleDefinition & {
    ClientToken?: string;
  };
  return {
    ActionAfterCompletion: 'NONE',
    ScheduleExpressionTimezone: 'UTC',
    ...definition,
    ...summarised(schedule),
    Target: definition.Target,
  };
}

function summarised(schedule: Schedule) {
  return {
    Arn: schedule.arn,
    GroupName: schedule.groupName,
    Name: schedule.name,
    State: schedule.definition.State ?? 'ENABLED',
    CreationDate: schedule.createdAtMs / 1000,
    LastModificationDate: schedule.modifiedAtMs / 1000,
    Target: { Arn: schedule.definition.Target.Arn },
  };
}

function describedGroup(group: ScheduleGroup) {
  return {
    Arn: group.arn,
    Name: group.name,
    State: 'ACTIVE',
    CreationDate: group.createdAtMs / 1000,
    LastModificationDate: group.createdAtMs / 1000,
  };
}
