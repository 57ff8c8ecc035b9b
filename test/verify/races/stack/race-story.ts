import type { Connection } from '../../../../functions/core/connection/connection.ts';
import { STATE_RULES } from '../../../../functions/core/connection/connection-states.ts';
import type { SealedRefreshToken } from '../../../../functions/core/connection/sealed-token.ts';
import { readParkedInput } from '../../../../functions/core/rotation/parked-successor.ts';
import type { LedgerSnapshot, RefreshTokenEntry } from '../../../../local/ims/ledger.ts';
import type { RaceLog } from './race-log.ts';
import type { RaceScene } from './race-scene.ts';
import type { RaceWorld, StackRevocation } from './race-world.ts';

/** A run as it looks afterwards, with every sealed refresh token seen through and every token traced to its consent. */
export interface RaceStory {
  readonly scene: RaceScene;
  readonly log: RaceLog;
  readonly last: Connection | undefined;
  readonly ledger: LedgerSnapshot;
  readonly revocation: StackRevocation;
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

export async function tellStory(
  world: RaceWorld,
  scene: RaceScene,
  ledger: LedgerSnapshot,
): Promise<RaceStory> {
  const log = world.logOf(scene.connectionId);
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
    if (!seenTokens.has(key)) seenTokens.set(key, entryOf(await world.vision.open(connection, token)));
  };
  const afterEach = log.connectionWrites.flatMap(({ after }) => (after ? [after] : []));
  for (const connection of afterEach) {
    for (const token of refreshTokensIn(connection)) await see(connection, token);
  }
  const first = afterEach[0];
  for (const parked of [...parkedNow(world, scene.connectionId), ...(scene.parked ? [scene.parked] : [])]) {
    const { generation, version, sealed } = parked;
    if (first) await see(first, { generation, version: version + 1, sealed });
  }
  const seen = (token: SealedRefreshToken): RefreshTokenEntry => {
    const entry = seenTokens.get(keyOf(token));
    if (!entry) throw new Error('A token was not seen through.');
    return entry;
  };
  return {
    scene,
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

export const isLive = (connection: Connection | undefined): connection is Connection =>
  connection !== undefined && STATE_RULES[connection.state].inDueIndex && connection.refresh !== undefined;

const keyOf = ({ sealed }: SealedRefreshToken): string => Buffer.from(sealed).toString('base64');

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

function accessTokenGrants(log: RaceLog, entryOf: RaceStory['entryOf']): Map<string, string> {
  const issues = [...log.codeExchanges, ...log.posts.flatMap(({ issued }) => issued ?? [])];
  return new Map(issues.map(({ accessToken, refreshToken }) => [accessToken, entryOf(refreshToken).grant]));
}
