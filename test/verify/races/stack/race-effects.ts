import { STATE_RULES } from '../../../../functions/core/connection/connection-states.ts';
import { readParkedInput } from '../../../../functions/core/rotation/parked-successor.ts';
import type { CallMoment } from '../../../../local/aws/aws-endpoint.ts';
import type { ItemWrite } from '../../../../local/aws/dynamodb/watched-writes.ts';
import type { ScheduleDefinition } from '../../../../local/aws/scheduler/schedule.ts';
import type { ScheduleChange } from '../../../../local/aws/scheduler/schedule-book.ts';
import type { ImsAnswer } from '../../../../local/ims/answer.ts';
import type { ImsLedger } from '../../../../local/ims/ledger.ts';
import type { ImsRequest } from '../../../../local/ims/request.ts';
import type { Noted } from '../../model/replay/effect-collector.ts';
import type { RaceLog } from './race-log.ts';
import { storedAccessToken, storedConnection } from './stored-items.ts';

type Effect = Noted extends infer One ? (One extends Noted ? Omit<One, 'atMs'> : never) : never;
type Posted = Extract<Noted, { kind: 'posted' }>;

interface RaceEffectDeps {
  readonly nowMs: () => number;
  readonly logOf: (connectionId: string) => RaceLog;
  readonly ledger: ImsLedger;
  readonly connectionOfUser: (user: string) => string;
  readonly tables: Readonly<Record<'connections' | 'accessTokens', string>>;
  readonly rotatorRole: string;
}

/** A rotator that looked and means to revoke has posted by then, or finds the next call of AWS between. */
const LOOK_COUNTS_MS = 1_000;

/**
 * Notes for each run what took effect at its stand-ins. All of them live in the test's own thread and tell at the moment they
 * act, so the order of the notes is the order of the effects.
 */
export function createRaceEffects({
  nowMs,
  logOf,
  ledger,
  connectionOfUser,
  tables,
  rotatorRole,
}: RaceEffectDeps) {
  const ownerOfAccessToken = new Map<string, string>();

  const note = (connectionId: string, effect: Effect): void => {
    const { effects, setBackMs } = logOf(connectionId);
    effects.push({ atMs: nowMs() - setBackMs, ...effect });
  };

  const ownerOf = (token: string): string | undefined => {
    const user = ledger.refreshToken(token)?.user;
    return user === undefined ? ownerOfAccessToken.get(token) : connectionOfUser(user);
  };

  const consented = (token: string): void => {
    const subject = ledger.refreshToken(token)?.user ?? '';
    note(connectionOfUser(subject), { kind: 'consented', subject, token });
  };

  /** Of the refresh tokens this run has seen, those that IMS has ended since this was last asked. */
  const newlyEnded = (connectionId: string): readonly string[] => {
    const { effects } = logOf(connectionId);
    const known = effects.flatMap((noted) => {
      if (noted.kind === 'consented') return [noted.token];
      return noted.kind === 'posted' && typeof noted.ended === 'object' ? [noted.ended.successor] : [];
    });
    const told = new Set(logOf(connectionId).ended);
    const ended = known.filter(
      (token) => !told.has(token) && ledger.refreshToken(token)?.standing === 'revoked',
    );
    logOf(connectionId).ended.push(...ended);
    return ended;
  };

  const onTokenDecision = (posted: string | null, { status, body }: ImsAnswer): void => {
    const issued: { access_token?: string; refresh_token?: string } = status === 200 ? JSON.parse(body) : {};
    const owner = ownerOf(posted ?? issued.refresh_token ?? '');
    if (owner === undefined) return;
    if (issued.access_token !== undefined) ownerOfAccessToken.set(issued.access_token, owner);
    if (posted !== null) {
      note(owner, { kind: 'posted', token: posted, ended: endOf(posted, status, issued.refresh_token) });
      // A replayed token may have ended its whole family, which is part of the post.
      newlyEnded(owner);
    } else if (issued.refresh_token !== undefined) {
      consented(issued.refresh_token);
    }
  };

  const onRevocation = (token: string): void => {
    const owner = ownerOf(token);
    if (owner === undefined) return;
    const tokens = newlyEnded(owner);
    if (tokens.length > 0) note(owner, { kind: 'revoked', tokens, by: 'vault' });
    const log = logOf(owner);
    const present = log.connectionWrites.at(-1)?.after;
    const fromMs = performance.now() - LOOK_COUNTS_MS;
    const isCrossed =
      present !== undefined &&
      STATE_RULES[present.state].live &&
      log.looks.some(
        ({ generation, atMonotonicMs }) => atMonotonicMs >= fromMs && generation < present.generation,
      );
    if (isCrossed) log.crossings.push(present.generation);
  };

  return {
    consented,
    onImsDecision({ path, form }: ImsRequest, answer: ImsAnswer): void {
      if (path.startsWith('/ims/token/')) onTokenDecision(form.get('refresh_token'), answer);
      else if (answer.status === 200) onRevocation(form.get('token') ?? '');
    },
    onWrite({ tableName, before, after }: ItemWrite): void {
      const item = after ?? before;
      const connectionId = item?.connectionId?.S;
      if (typeof connectionId !== 'string') return;
      const read = <Stored>(told: (stored: NonNullable<typeof before>) => Stored) => ({
        before: before && told(before),
        after: after && told(after),
      });
      if (tableName === tables.connections) {
        note(connectionId, { kind: 'connection', connectionId, ...read(storedConnection) });
      } else if (tableName === tables.accessTokens && item?.scopeSet?.S === '*') {
        note(connectionId, { kind: 'access token', connectionId, ...read(storedAccessToken) });
      }
    },
    onSchedule({ before, after }: ScheduleChange): void {
      const parked = parkedIn(after);
      if (parked) note(parked.connectionId, { kind: 'parked', successor: parked });
      const unparked = parkedIn(before);
      if (unparked) note(unparked.connectionId, { kind: 'unparked', successor: unparked });
    },
    onCall({ moment, call, status, atMonotonicMs }: CallMoment): void {
      if (moment !== 'done' || call.operation !== 'GetItem' || status !== 200) return;
      if (call.caller.roleName !== rotatorRole) return;
      const { TableName, Key } = call.json() as ReadInput;
      const connectionId = Key?.connectionId?.S;
      if (TableName !== tables.connections || connectionId === undefined) return;
      const { connectionWrites, looks } = logOf(connectionId);
      const generation = connectionWrites.at(-1)?.after?.generation;
      if (generation !== undefined) looks.push({ generation, atMonotonicMs });
    },
  };
}

interface ReadInput {
  readonly TableName?: string;
  readonly Key?: { readonly connectionId?: { readonly S?: string } };
}

function endOf(posted: string, status: number, successor: string | undefined): Posted['ended'] {
  if (status !== 200) return status === 400 ? 'refused' : 'declined';
  return successor === undefined || successor === posted ? 'kept' : { successor };
}

function parkedIn(definition: ScheduleDefinition | undefined) {
  const input = definition?.Target.Input;
  return input === undefined ? undefined : readParkedInput(JSON.parse(input));
}
