import { AwsServiceError } from '../protocols.ts';
import { type Schedule, type ScheduleDefinition, scheduleFrom, validateDefinition } from './schedule.ts';

export interface ScheduleGroup {
  arn: string;
  name: string;
  createdAtMs: number;
}

export interface ScheduleBook {
  create(groupName: string, name: string, definition: ScheduleDefinition, clientToken?: string): Schedule;
  update(groupName: string, name: string, definition: ScheduleDefinition): Schedule;
  get(groupName: string, name: string): Schedule;
  delete(groupName: string, name: string): void;
  /** Removes exactly this schedule, not a later one with the same name. */
  remove(schedule: Schedule): void;
  /** In no particular order. */
  each(): Iterable<Schedule>;
  /** Ordered by group and name. */
  all(): Schedule[];
  createGroup(name: string): ScheduleGroup;
  getGroup(name: string): ScheduleGroup;
  /** With every schedule in it. */
  deleteGroup(name: string): void;
  groups(): ScheduleGroup[];
  /** Shows every schedule that comes, changes or goes, at the moment it does. */
  watch(listener: (change: ScheduleChange) => void): void;
}

/** A schedule's definition before and after; `undefined` where there is no such schedule. */
export interface ScheduleChange {
  readonly before: ScheduleDefinition | undefined;
  readonly after: ScheduleDefinition | undefined;
}

const NAME = /^[0-9a-zA-Z\-_.]{1,64}$/;

export function createScheduleBook(deps: {
  accountId: string;
  region: string;
  nowMs: () => number;
}): ScheduleBook {
  const { nowMs } = deps;
  const arnPrefix = `arn:aws:scheduler:${deps.region}:${deps.accountId}`;
  const schedules = new Map<string, Schedule>();
  const groups = new Map<string, ScheduleGroup>();
  const listeners: ((change: ScheduleChange) => void)[] = [];

  const tell = (before: ScheduleDefinition | undefined, after: ScheduleDefinition | undefined): void => {
    for (const listener of listeners) listener({ before, after });
  };
  const takeOff = (schedule: Schedule): void => {
    schedules.delete(`${schedule.groupName}/${schedule.name}`);
    tell(schedule.definition, undefined);
  };

  const getGroup = (name: string) => {
    const group = groups.get(name);
    if (!group) throw notFound(`Schedule group ${name} does not exist.`);
    return group;
  };
  const createGroup = (name: string) => {
    requireName(name);
    if (groups.has(name)) throw conflict(`Schedule group ${name} already exists.`);
    const group = { arn: `${arnPrefix}:schedule-group/${name}`, name, createdAtMs: nowMs() };
    groups.set(name, group);
    return group;
  };
  const get = (groupName: string, name: string) => {
    const schedule = schedules.get(`${groupName}/${name}`);
    if (!schedule) throw notFound(`Schedule ${name} does not exist.`);
    return schedule;
  };
  createGroup('default');

  return {
    create(groupName, name, definition, clientToken) {
      requireName(name);
      const recurrence = validateDefinition(definition, nowMs());
      getGroup(groupName);
      const existing = schedules.get(`${groupName}/${name}`);
      // The same client token is the same request again, whose first answer got lost.
      if (existing && clientToken !== undefined && existing.clientToken === clientToken) return existing;
      if (existing) throw conflict(`Schedule ${name} already exists.`);
      const schedule: Schedule = {
        arn: `${arnPrefix}:schedule/${groupName}/${name}`,
        groupName,
        name,
        definition,
        recurrence,
        createdAtMs: nowMs(),
        modifiedAtMs: nowMs(),
        clientToken,
        next: undefined,
      };
      scheduleFrom(schedule, nowMs());
      schedules.set(`${groupName}/${name}`, schedule);
      tell(undefined, definition);
      return schedule;
    },
    update(groupName, name, definition) {
      const schedule = get(groupName, name);
      const recurrence = validateDefinition(definition, nowMs());
      const before = schedule.definition;
      Object.assign(schedule, { definition, recurrence, modifiedAtMs: nowMs() });
      scheduleFrom(schedule, nowMs());
      tell(before, definition);
      return schedule;
    },
    get,
    delete: (groupName, name) => takeOff(get(groupName, name)),
    remove(schedule) {
      const key = `${schedule.groupName}/${schedule.name}`;
      if (schedules.get(key) === schedule) takeOff(schedule);
    },
    each: () => schedules.values(),
    all: () => [...schedules.values()].sort((a, b) => (a.arn < b.arn ? -1 : 1)),
    createGroup,
    getGroup,
    deleteGroup(name) {
      getGroup(name);
      groups.delete(name);
      for (const schedule of schedules.values()) if (schedule.groupName === name) takeOff(schedule);
    },
    groups: () => [...groups.values()].sort((a, b) => (a.name < b.name ? -1 : 1)),
    watch: (listener) => void listeners.push(listener),
  };
}

function requireName(name: string): void {
  if (!NAME.test(name)) throw new AwsServiceError('ValidationException', `'name' must match ${NAME.source}`);
}

function notFound(message: string) {
  return new AwsServiceError('ResourceNotFoundException', message);
}

function conflict(message: string) {
  return new AwsServiceError('ConflictException', message);
}
