import type { AwsCall } from '../../../local/aws/aws-call.ts';
import type { CallMoment } from '../../../local/aws/aws-endpoint.ts';
import type { RefreshPostMoment } from '../../../local/ims/ledger.ts';
import type { VaultWorld } from '../../support/vault/vault-world.ts';
import type { RotationMoment } from './rotation-plan.ts';

export type SeenMoment = RotationMoment | 'undelivered' | 'parked' | 'killed';

export interface Sighting {
  readonly moment: SeenMoment;
  /** The stand-ins' monotonic clock: real milliseconds. */
  readonly atMonotonicMs: number;
  /** The world's own time. */
  readonly atMs: number;
}

/** All that the stand-ins saw of one connection since the watch began. */
export interface RotationLog {
  readonly sightings: readonly Sighting[];
  /** Adds what happened just now, or at the given moment. */
  note(moment: SeenMoment, at?: Pick<Sighting, 'atMonotonicMs' | 'atMs'>): void;
  now(): Pick<Sighting, 'atMonotonicMs' | 'atMs'>;
  /** Calls back once, at the first sighting of the moment, past ones included. */
  once(moment: SeenMoment, then: () => void): void;
}

export interface RotationWatch {
  /** Begins again for a connection and its user at IMS. */
  watch(connectionId: string, user: string): RotationLog;
  stop(): void;
}

/** Looks at IMS, DynamoDB and Scheduler from outside: nothing here comes from the code under test. */
export function watchRotations({
  stack,
  ims,
  clock,
}: Pick<VaultWorld, 'stack' | 'ims' | 'clock'>): RotationWatch {
  const byConnection = new Map<string, OpenLog>();
  const byUser = new Map<string, OpenLog>();

  const see = (log: OpenLog | undefined, moment: SeenMoment, atMonotonicMs: number): void =>
    log?.add({ moment, atMonotonicMs, atMs: clock.nowMs() });

  const seeCall = ({ call, moment, status, atMonotonicMs }: CallMoment): void => {
    if (moment === 'arrived') {
      const read = call.operation === 'GetItem' ? aboutConnection(call) : undefined;
      if (read !== undefined) see(byConnection.get(read), 'began', atMonotonicMs);
      return;
    }
    if (status !== 200 || moment === 'unanswered') return;
    const stored = storesVersionOf(call);
    if (stored !== undefined) {
      see(byConnection.get(stored), moment === 'done' ? 'stored' : 'acknowledged', atMonotonicMs);
    }
    const parked = moment === 'done' ? parkedConnection(call) : undefined;
    if (parked !== undefined) see(byConnection.get(parked), 'parked', atMonotonicMs);
  };
  const seePost = ({ user, moment, atMonotonicMs }: RefreshPostMoment): void =>
    see(byUser.get(user), moment, atMonotonicMs);
  const ends = [stack.watchCalls(seeCall), ims.ledger.watchRefreshPosts(seePost)];

  return {
    watch(connectionId, user) {
      const log = openLog(() => clock.nowMs());
      byConnection.set(connectionId, log);
      byUser.set(user, log);
      return log;
    },
    stop() {
      for (const end of ends) end();
    },
  };
}

interface OpenLog extends RotationLog {
  add(sighting: Sighting): void;
}

function openLog(nowMs: () => number): OpenLog {
  const sightings: Sighting[] = [];
  let waiting: { moment: SeenMoment; then: () => void }[] = [];
  const add = (sighting: Sighting): void => {
    sightings.push(sighting);
    const due = waiting.filter(({ moment }) => moment === sighting.moment);
    waiting = waiting.filter((wait) => !due.includes(wait));
    for (const { then } of due) then();
  };
  const now = () => ({ atMonotonicMs: performance.now(), atMs: nowMs() });
  return {
    sightings,
    add,
    now,
    note: (moment, at = now()) => add({ moment, ...at }),
    once(moment, then) {
      if (sightings.some((sighting) => sighting.moment === moment)) then();
      else waiting.push({ moment, then });
    },
  };
}

interface ItemCall {
  readonly TableName?: string;
  readonly Key?: { readonly connectionId?: { readonly S?: string } };
  readonly UpdateExpression?: string;
  readonly ExpressionAttributeNames?: Readonly<Record<string, string>>;
}

interface ScheduleCall {
  readonly ScheduleExpression?: string;
  readonly Target?: { readonly Input?: string };
}

const CONNECTIONS = /Connections/;
const RECURRING = /^rate\(/;

/** The connection whose item in the table Connections a call reads or changes. */
function aboutConnection(call: AwsCall): string | undefined {
  if (call.service !== 'dynamodb') return undefined;
  const { TableName = '', Key } = call.json() as ItemCall;
  return CONNECTIONS.test(TableName) ? Key?.connectionId?.S : undefined;
}

/** The connection that a call gives a new version, which only a commit and a recovery do. */
export function storesVersionOf(call: AwsCall): string | undefined {
  if (call.service !== 'dynamodb' || call.operation !== 'UpdateItem') return undefined;
  const { UpdateExpression = '', ExpressionAttributeNames = {} } = call.json() as ItemCall;
  const assigned = [...UpdateExpression.matchAll(/(#?\w+)\s*=\s*:/g)].map(([, name = '']) => name);
  const setsVersion = assigned.some((name) => (ExpressionAttributeNames[name] ?? name) === 'version');
  return setsVersion ? aboutConnection(call) : undefined;
}

/** The connection whose successor a new recurring schedule carries. */
function parkedConnection(call: AwsCall): string | undefined {
  if (call.service !== 'scheduler' || call.operation !== 'CreateSchedule') return undefined;
  const { ScheduleExpression = '', Target } = call.json() as ScheduleCall;
  if (!RECURRING.test(ScheduleExpression)) return undefined;
  return (JSON.parse(Target?.Input ?? '{}') as { connectionId?: string }).connectionId;
}
