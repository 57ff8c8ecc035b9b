import type { Connection } from '../../../../functions/core/connection/connection.ts';
import { STATE_RULES } from '../../../../functions/core/connection/connection-states.ts';
import type { SealedRefreshToken } from '../../../../functions/core/connection/sealed-token.ts';
import { readParkedInput } from '../../../../functions/core/rotation/parked-successor.ts';
import type { LedgerSnapshot, RefreshTokenEntry } from '../../../../local/ims/ledger.ts';
import type { Revocation } from '../race-terms.ts';
import type { RaceLog } from './race-log.ts';
import type { PreparedRace } from './race-start.ts';
import type { RaceWorld } from './race-world.ts';

/** A run as it looks afterwards, with every sealed refresh token seen through and every token traced to its consent. */
export interface RaceRecord {
  readonly race: PreparedRace;
  readonly log: RaceLog;
  readonly last: Connection | undefined;
  readonly ledger: LedgerSnapshot;
  readonly revocation: Revocation;
  /** Functions were ended for running too long: this machine has too little time. */
  readonly starved: boolean;
  /** IMS's own record of a refresh token. */
  entryOf(refreshToken: string): RefreshTokenEntry;
  /** What a stored token of this connection is to IMS. */
  seen(token: SealedRefreshToken): RefreshTokenEntry;
  /** Ids of all refresh tokens the vault ever stored anywhere, the parking place included. */
  readonly everStored: ReadonlySet<string>;
  /** The grant at IMS each generation stands for; a disconnect has none. */
  readonly grantOfGeneration: ReadonlyMap<string, string>;
  /** The grant an access token was issued under. */
  readonly grantOfAccessToken: ReadonlyMap<string, string>;
}

export async function readRecord(
  world: RaceWorld,
  race: PreparedRace,
  ledger: LedgerSnapshot,
): Promise<RaceRecord> {
  const log = world.logOf(race.connectionId);
  const entries = new Map(ledger.refreshTokens.map((entry) => [entry.id, entry]));
  const entryOf = (refreshToken: string): RefreshTokenEntry => {
    const id = world.ims.ledger.refreshToken(refreshToken)?.id;
    const entry = id === undefined ? undefined : entries.get(id);
    if (!entry) throw new Error('IMS does not know a token the vault holds.');
    return entry;
  };
  const seenTokens = new Map<string, RefreshTokenEntry>();
  const see = async (connection: Connection, token: SealedRefreshToken): Promise<void> => {
    const key = keyOf(token);
    if (!seenTokens.has(key)) seenTokens.set(key, entryOf(await world.tokens.open(connection, token)));
  };
  const afterEach = log.connectionWrites.flatMap(({ after }) => (after ? [after] : []));
  for (const connection of afterEach) {
    for (const token of refreshTokensIn(connection)) await see(connection, token);
  }
  const first = afterEach[0];
  for (const parked of [...parkedNow(world, race.connectionId), ...(race.parked ? [race.parked] : [])]) {
    const { generation, version, sealed } = parked;
    if (first) await see(first, { generation, version: version + 1, sealed });
  }
  const seen = (token: SealedRefreshToken): RefreshTokenEntry => {
    const entry = seenTokens.get(keyOf(token));
    if (!entry) throw new Error('A token was not seen through.');
    return entry;
  };
  return {
    race,
    log,
    ledger,
    revocation: world.revocation,
    starved: world.isStarved(),
    last: log.connectionWrites.at(-1)?.after,
    entryOf,
    seen,
    everStored: new Set([...seenTokens.values()].map(({ id }) => id)),
    grantOfGeneration: new Map(
      afterEach.flatMap(({ generation, refresh }) => (refresh ? [[generation, seen(refresh).grant]] : [])),
    ),
    grantOfAccessToken: accessTokenGrants(log, entryOf),
  };
}

export function isLive(connection: Connection | undefined): connection is Connection {
  return (
    connection !== undefined && STATE_RULES[connection.state].inDueIndex && connection.refresh !== undefined
  );
}

function keyOf({ sealed }: SealedRefreshToken): string {
  return Buffer.from(sealed).toString('base64');
}

function refreshTokensIn(connection: Connection): SealedRefreshToken[] {
  const { refresh, previous, alternate, revocations } = connection;
  const ended = revocations.flatMap((one) => (one.kind === 'refresh' ? [one.token] : []));
  return [refresh, previous, alternate, ...ended].filter((token) => token !== undefined);
}

function parkedNow({ stack }: RaceWorld, connectionId: string) {
  return stack.scheduler.schedules().flatMap(({ definition: { Target } }) => {
    if (!Target.Input?.includes(`"${connectionId}"`)) return [];
    return readParkedInput(JSON.parse(Target.Input)) ?? [];
  });
}

function accessTokenGrants(log: RaceLog, entryOf: RaceRecord['entryOf']): Map<string, string> {
  const issues = [...log.codeExchanges, ...log.posts.flatMap(({ issued }) => issued ?? [])];
  return new Map(issues.map(({ accessToken, refreshToken }) => [accessToken, entryOf(refreshToken).grant]));
}

/** A run for a person to read: its plan, then calls, writes and posts in the order they were seen. No token shows. */
export function traceOf({ race, log, entryOf, seen }: RaceRecord): string[] {
  const lines: { readonly at: number; readonly line: string }[] = [
    ...log.calls.flatMap(({ actor: { kind }, startedAt, endedAt, status, answer }) => [
      { at: startedAt, line: `${kind} …` },
      { at: endedAt, line: `… ${kind} of ${startedAt}: ${status} ${toldIn(answer)}` },
    ]),
    ...log.connectionWrites.map(({ at, after }) => ({
      at,
      line: after
        ? `  Connections: ${after.state} ${after.generation.slice(-4)}/${after.version}` +
          `${after.refresh ? ` ${seen(after.refresh).id}` : ''}${after.lease ? ', leased' : ''}` +
          `${after.revocations.length > 0 ? `, ${after.revocations.length} to revoke` : ''}`
        : '  Connections: gone',
    })),
    ...log.accessTokenWrites.map(({ at, after }) => ({
      at,
      line: `  AccessTokens: ${after ? `${after.kind} ${after.generation.slice(-4)}` : 'gone'}`,
    })),
    ...log.posts.flatMap(({ arrivedAt, answeredAt, refreshToken, byTest, status }) => [
      { at: arrivedAt, line: `  IMS: ${entryOf(refreshToken).id} posted${byTest ? ' by the test' : ''}` },
      { at: answeredAt ?? arrivedAt, line: `  IMS: ${entryOf(refreshToken).id} answered ${status}` },
    ]),
  ];
  const inOrder = lines.sort((one, other) => one.at - other.at).map(({ at, line }) => `${at} ${line}`);
  return [JSON.stringify(race.plan), `faults met: ${log.faultsMet.join(', ')}`, ...inOrder];
}

function toldIn({ code, outcome, errorType, errorMessage }: Readonly<Record<string, unknown>>): string {
  return [code, outcome, errorType, errorMessage].filter((part) => part !== undefined).join(' ');
}
