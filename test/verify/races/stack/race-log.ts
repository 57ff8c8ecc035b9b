import type { AccessTokenRecord } from '../../../../functions/core/access-tokens/access-token-record.ts';
import type { Connection } from '../../../../functions/core/connection/connection.ts';
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
import type { Who } from '../race-terms.ts';
import type { RaceActor } from './race-plan.ts';
import { storedAccessToken, storedConnection } from './stand-ins.ts';

/** Everything one run did, as the stand-ins and the callers saw it. All moments (`…At`) are places in one order. */
export interface RaceLog {
  readonly connectionWrites: SeenWrite<Connection>[];
  readonly accessTokenWrites: SeenWrite<AccessTokenRecord>[];
  readonly posts: SeenPost[];
  readonly codeExchanges: SeenIssue[];
  readonly calls: SeenCall[];
  /** Faults and kills that met this run's calls. */
  readonly faultsMet: string[];
  /** What took effect at the stand-ins, in that order, for the protocol model to follow. */
  readonly effects: Noted[];
  /** How long before now the noted effects happened: preparing a race replays a time before it. */
  setBackMs: number;
  /** Refresh tokens that IMS ended by itself or because it was asked. */
  readonly ended: string[];
  /** Rotators' own looks at the connection. */
  readonly looks: SeenLook[];
  /** Generations that came between a rotator's last look and its revocation: no look before a post can exclude it. */
  readonly crossings: string[];
}

export interface SeenLook {
  readonly generation: string;
  readonly atMonotonicMs: number;
}

export interface SeenWrite<Stored> {
  readonly at: number;
  readonly before: Stored | undefined;
  readonly after: Stored | undefined;
}

/** One POST of a refresh token. */
export interface SeenPost {
  readonly arrivedAt: number;
  readonly refreshToken: string;
  /** By the test itself, preparing the race. */
  readonly byTest: boolean;
  answeredAt?: number;
  status?: number;
  issued?: IssuedTokens;
}

export interface IssuedTokens {
  readonly accessToken: string;
  readonly refreshToken: string;
}

export interface SeenIssue extends IssuedTokens {
  readonly at: number;
}

/** What one actor of the plan did, from its first byte to its answer. */
export interface SeenCall {
  readonly actor: RaceActor;
  readonly startedAt: number;
  readonly endedAt: number;
  readonly status: number;
  readonly retryAfter: string | undefined;
  readonly answer: Record<string, unknown>;
  /** For a redeem: what IMS had issued for this consent. */
  readonly consent?: SeenIssue;
}

/** The tombstone over one token: the next of its generation takes its place. */
export function isWithdrawal({ before, after }: SeenWrite<AccessTokenRecord>): boolean {
  return before?.kind === 'token' && after?.kind === 'tombstone' && before.generation === after.generation;
}

function emptyRaceLog(): RaceLog {
  return {
    connectionWrites: [],
    accessTokenWrites: [],
    posts: [],
    codeExchanges: [],
    calls: [],
    faultsMet: [],
    effects: [],
    setBackMs: 0,
    ended: [],
    looks: [],
    crossings: [],
  };
}

type Effect = Noted extends infer One ? (One extends Noted ? Omit<One, 'atMs'> : never) : never;
type Posted = Extract<Noted, { kind: 'posted' }>;

interface RaceWatchDeps {
  readonly nowMs: () => number;
  readonly ledger: ImsLedger;
  readonly tables: Readonly<Record<'connections' | 'accessTokens', string>>;
  readonly rotatorRole: string;
}

/** A rotator that looked and means to revoke has posted by then, or finds the next call of AWS between. */
const LOOK_COUNTS_MS = 1_000;

export function userOf(connectionId: string, who: Who): string {
  return `${connectionId}:${who}`;
}

function connectionOfUser(user: string): string {
  return user.split(':')[0] ?? '';
}

/**
 * Writes each run's log at its stand-ins. All of them live in the test's own thread and report at the moment they act, so the
 * order of the notes is the order of the effects.
 */
export function watchRaces({ nowMs, ledger, tables, rotatorRole }: RaceWatchDeps) {
  const logs = new Map<string, RaceLog>();
  const ownerOfAccessToken = new Map<string, string>();
  const announced = new Set<string>();
  const postListeners: ((connectionId: string) => void)[] = [];
  let places = 0;
  const tick = (): number => ++places;

  const logOf = (connectionId: string): RaceLog => {
    const log = logs.get(connectionId) ?? emptyRaceLog();
    logs.set(connectionId, log);
    return log;
  };

  const note = (connectionId: string, effect: Effect): void => {
    const { effects, setBackMs } = logOf(connectionId);
    effects.push({ atMs: nowMs() - setBackMs, ...effect });
  };

  const ownerOf = (token: string): string | undefined => {
    const user = ledger.refreshToken(token)?.user;
    return user === undefined ? ownerOfAccessToken.get(token) : connectionOfUser(user);
  };

  const noteConsent = (token: string): void => {
    const subject = ledger.refreshToken(token)?.user ?? '';
    note(connectionOfUser(subject), { kind: 'consented', subject, token });
  };

  /** Of the refresh tokens this run has seen, those that IMS has ended since this was last asked. */
  const newlyEnded = (connectionId: string): readonly string[] => {
    const { effects, ended } = logOf(connectionId);
    const known = effects.flatMap((noted) => {
      if (noted.kind === 'consented') return [noted.token];
      return noted.kind === 'posted' && typeof noted.ended === 'object' ? [noted.ended.successor] : [];
    });
    const before = new Set(ended);
    const now = known.filter(
      (token) => !before.has(token) && ledger.refreshToken(token)?.standing === 'revoked',
    );
    ended.push(...now);
    return now;
  };

  const onTokenDecision = (posted: string | null, answer: ImsAnswer): void => {
    const issued = issuedIn(answer);
    const owner = ownerOf(posted ?? issued.refreshToken ?? '');
    if (owner === undefined) return;
    if (issued.accessToken !== undefined) ownerOfAccessToken.set(issued.accessToken, owner);
    if (posted !== null) {
      note(owner, {
        kind: 'posted',
        token: posted,
        ended: endOf(posted, answer.status, issued.refreshToken),
      });
      // A replayed token may have ended its whole family, which is part of the post.
      newlyEnded(owner);
    } else if (issued.refreshToken !== undefined) {
      noteConsent(issued.refreshToken);
    }
  };

  const onRevocation = (token: string): void => {
    const owner = ownerOf(token);
    if (owner === undefined) return;
    const tokens = newlyEnded(owner);
    if (tokens.length > 0) note(owner, { kind: 'revoked', tokens, by: 'vault' });
    const log = logOf(owner);
    const present = log.connectionWrites.at(-1)?.after;
    if (present === undefined || !STATE_RULES[present.state].live) return;
    const fromMs = performance.now() - LOOK_COUNTS_MS;
    const isCrossed = log.looks.some(
      ({ generation, atMonotonicMs }) => atMonotonicMs >= fromMs && generation < present.generation,
    );
    if (isCrossed) log.crossings.push(present.generation);
  };

  return {
    logOf,
    tick,
    noteConsent,
    forget: (connectionId: string) => void logs.delete(connectionId),
    /** The next post of this token is the test's own. */
    announce: (refreshToken: string) => void announced.add(refreshToken),
    onPost: (listener: (connectionId: string) => void) => void postListeners.push(listener),
    onImsArrival({ path, form }: ImsRequest): void {
      const refreshToken = form.get('refresh_token');
      const user = refreshToken === null ? undefined : ledger.refreshToken(refreshToken)?.user;
      if (!path.startsWith('/ims/token/') || refreshToken === null || user === undefined) return;
      const owner = connectionOfUser(user);
      logOf(owner).posts.push({ arrivedAt: tick(), refreshToken, byTest: announced.delete(refreshToken) });
      for (const listener of postListeners) listener(owner);
    },
    onImsDecision({ path, form }: ImsRequest, answer: ImsAnswer): void {
      if (path.startsWith('/ims/token/')) onTokenDecision(form.get('refresh_token'), answer);
      else if (answer.status === 200) onRevocation(form.get('token') ?? '');
    },
    onImsExchange({ path, form }: ImsRequest, answer: ImsAnswer): void {
      if (!path.startsWith('/ims/token/')) return;
      const posted = form.get('refresh_token');
      const { accessToken, refreshToken } = issuedIn(answer);
      const user = ledger.refreshToken(posted ?? refreshToken ?? '')?.user;
      if (user === undefined) return;
      const { posts, codeExchanges } = logOf(connectionOfUser(user));
      const issued = accessToken && refreshToken ? { accessToken, refreshToken } : undefined;
      if (posted === null) {
        if (issued) codeExchanges.push({ at: tick(), ...issued });
        return;
      }
      const post = posts.findLast((one) => one.refreshToken === posted && one.status === undefined);
      if (post) Object.assign(post, { answeredAt: tick(), status: answer.status, ...(issued && { issued }) });
    },
    onWrite({ tableName, before, after }: ItemWrite): void {
      const item = after ?? before;
      const connectionId = item?.connectionId?.S;
      if (typeof connectionId !== 'string') return;
      const both = <Stored>(read: (stored: NonNullable<typeof before>) => Stored) => ({
        before: before && read(before),
        after: after && read(after),
      });
      const { connectionWrites, accessTokenWrites } = logOf(connectionId);
      if (tableName === tables.connections) {
        const write = both(storedConnection);
        note(connectionId, { kind: 'connection', connectionId, ...write });
        connectionWrites.push({ at: tick(), ...write });
      } else if (tableName === tables.accessTokens) {
        const write = both(storedAccessToken);
        if (item?.scopeSet?.S === '*') note(connectionId, { kind: 'access token', connectionId, ...write });
        accessTokenWrites.push({ at: tick(), ...write });
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

function issuedIn({ status, body }: ImsAnswer): { accessToken?: string; refreshToken?: string } {
  const { access_token: accessToken, refresh_token: refreshToken } = status === 200 ? JSON.parse(body) : {};
  return { accessToken, refreshToken };
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
