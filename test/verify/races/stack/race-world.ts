import type { ImsAnswer } from '../../../../local/ims/answer.ts';
import type { ImsRequest } from '../../../../local/ims/request.ts';
import { startVaultWorld, type VaultWorld } from '../../../support/vault/vault-world.ts';
import { createRaceEffects } from './race-effects.ts';
import { emptyRaceLog, type RaceLog } from './race-log.ts';
import { askStandIn } from './stand-in-call.ts';
import { storedAccessToken, storedConnection } from './stored-items.ts';
import { createTokenVision, type TokenVision } from './token-vision.ts';

/** One deployed vault for many runs, each with a connection and users of its own, and a log of each. */
export interface RaceWorld extends VaultWorld {
  readonly vision: TokenVision;
  readonly tables: Readonly<Record<'connections' | 'accessTokens' | 'ephemeral', string>>;
  /** What the vault's setting says of a revocation, and what it really ends at Adobe. */
  readonly revocation: StackRevocation;
  /** A scope set that callers may ask for beside everything granted, where the vault names one. */
  readonly narrower: string | undefined;
  logOf(connectionId: string): RaceLog;
  /** The next place in the order of everything that is seen. */
  tick(): number;
  /** Notes a consent that IMS took without a browser. */
  noteConsent(refreshToken: string): void;
  /** Posts a refresh token to IMS as a rotator does, and answers the successor. */
  spend(refreshToken: string): Promise<string>;
  onPost(listener: (connectionId: string) => void): void;
  /** A function was ended for running too long: this machine has too little time. */
  isStarved(): boolean;
  /** What the stack could not do, and what IAM refused, since this was last asked. */
  troubles(): string[];
  /** Takes the run's items and schedules away, so that it costs the next ones nothing. */
  forget(connectionId: string): Promise<void>;
  /** Takes its schedules away: what is due stays due until somebody asks. */
  silence(connectionId: string): Promise<void>;
}

export interface StackRevocation {
  readonly scope: 'unknown' | 'token' | 'user';
  readonly ends: 'token' | 'grant' | 'user';
}

export const userOf = (connectionId: string, by: 'same' | 'other'): string => `${connectionId}:${by}`;
const connectionOfUser = (user: string): string => user.split(':')[0] ?? '';

/** Each worker is a start of its function, which costs more than many of its answers. */
const WORKERS: Readonly<Record<string, number>> = {
  rotate: 3,
  'access-token': 3,
};
/** Long enough to leave a processor alone between two looks of a vend that waits. */
const SLEEP_SCALE = 0.1;

export async function startRaceWorld(cdkOut: string, reach: StackRevocation['ends']): Promise<RaceWorld> {
  const logs = new Map<string, RaceLog>();
  const announced = new Set<string>();
  const postListeners: ((connectionId: string) => void)[] = [];
  let places = 0;
  let known: readonly string[] = [];
  const tick = (): number => ++places;
  const logOf = (connectionId: string): RaceLog => {
    const log = logs.get(connectionId) ?? emptyRaceLog();
    logs.set(connectionId, log);
    return log;
  };

  const ownerOf = (refreshToken: string): string | undefined => {
    const user = world.ims.ledger.refreshToken(refreshToken)?.user;
    return user === undefined ? undefined : connectionOfUser(user);
  };

  const onImsArrival = ({ path, form }: ImsRequest): void => {
    const refreshToken = form.get('refresh_token');
    const owner = path.startsWith('/ims/token/') && refreshToken ? ownerOf(refreshToken) : undefined;
    if (owner === undefined || refreshToken === null) return;
    logOf(owner).posts.push({ arrivedAt: tick(), refreshToken, byTest: announced.delete(refreshToken) });
    for (const listener of postListeners) listener(owner);
  };

  const onImsExchange = ({ path, form }: ImsRequest, { status, body }: ImsAnswer): void => {
    if (!path.startsWith('/ims/token/')) return;
    const posted = form.get('refresh_token');
    const answer: { access_token?: string; refresh_token?: string } = status === 200 ? JSON.parse(body) : {};
    const { access_token: accessToken, refresh_token: refreshToken } = answer;
    const owner = ownerOf(posted ?? refreshToken ?? '');
    if (owner === undefined) return;
    const issued = accessToken && refreshToken ? { accessToken, refreshToken } : undefined;
    if (posted === null) {
      if (issued) logOf(owner).codeExchanges.push({ at: tick(), ...issued });
      return;
    }
    const post = logOf(owner).posts.findLast(
      (one) => one.refreshToken === posted && one.status === undefined,
    );
    if (post) Object.assign(post, { answeredAt: tick(), status, ...(issued && { issued }) });
  };

  const world = await startVaultWorld({
    cdkOut,
    stack: { maxEnvironments: (functionName) => WORKERS[functionName.replace(/^AdobeTokenVault-/, '')] ?? 1 },
    ims: { revocation: { reach } },
    onImsArrival,
    onImsExchange,
    onImsDecision: (request, answer) => effects.onImsDecision(request, answer),
  });
  world.clock.scaleSleeps(SLEEP_SCALE);
  const { environment } = world.stack.functions.get('rotate').definition;
  const variable = (name: string): string => String(environment[name]);
  const tables = {
    connections: variable('CONNECTIONS_TABLE'),
    accessTokens: variable('ACCESS_TOKENS_TABLE'),
    ephemeral: variable('EPHEMERAL_TABLE'),
  };
  const { dynamodb, scheduler } = world.stack;
  const effects = createRaceEffects({
    nowMs: () => world.clock.nowMs(),
    logOf,
    ledger: world.ims.ledger,
    connectionOfUser,
    tables,
    rotatorRole: world.stack.iam.role(world.stack.functions.get('rotate').definition.roleArn).roleName,
  });
  scheduler.watchSchedules(effects.onSchedule);
  world.stack.watchCalls(effects.onCall);

  dynamodb.watchWrites((write) => {
    const { tableName, before, after } = write;
    effects.onWrite(write);
    const connectionId = (after ?? before)?.connectionId?.S;
    if (typeof connectionId !== 'string') return;
    const log = logOf(connectionId);
    const seen = <Stored>(read: (item: NonNullable<typeof before>) => Stored) => ({
      at: tick(),
      before: before && read(before),
      after: after && read(after),
    });
    if (tableName === tables.connections) log.connectionWrites.push(seen(storedConnection));
    if (tableName === tables.accessTokens) log.accessTokenWrites.push(seen(storedAccessToken));
  });

  const silence = async (connectionId: string): Promise<void> => {
    for (const { groupName, name, definition } of scheduler.schedules()) {
      if (!definition.Target.Input?.includes(`"${connectionId}"`)) continue;
      const path = `/schedules/${name}?groupName=${groupName}`;
      await askStandIn(scheduler, { operation: 'DeleteSchedule', method: 'DELETE', path });
    }
  };

  return {
    ...world,
    vision: createTokenVision(world.stack.kms, variable('REFRESH_KEY_ARN')),
    tables,
    revocation: { scope: revocationScopeOf(variable('REVOCATION_SCOPE')), ends: reach },
    narrower: scopeSetsOf(variable('SCOPE_SETS'))[0],
    logOf,
    tick,
    noteConsent: effects.consented,
    async spend(refreshToken) {
      announced.add(refreshToken);
      const { clientId, clientSecrets } = world.ims.currentProfile().credential;
      const answer = await fetch(`${world.ims.baseUrl()}/ims/token/v3`, {
        method: 'POST',
        body: new URLSearchParams({
          grant_type: 'refresh_token',
          client_id: clientId,
          client_secret: clientSecrets[0] ?? '',
          refresh_token: refreshToken,
        }),
      });
      return String(((await answer.json()) as { refresh_token?: string }).refresh_token);
    },
    onPost: (listener) => void postListeners.push(listener),
    isStarved: () => world.stack.logs.search({ contains: 'Task timed out' }).length > 0,
    troubles() {
      const denied = world.stack.iam.denied().map(({ request }) => `IAM refused ${request.action}`);
      const all = [...world.stack.problems(), ...denied];
      const news = all.slice(known.length);
      known = all;
      return news;
    },
    silence,
    async forget(connectionId) {
      await silence(connectionId);
      logs.delete(connectionId);
      const Key = { connectionId: { S: connectionId } };
      await askStandIn(dynamodb, { operation: 'DeleteItem', body: { TableName: tables.connections, Key } });
      const accessKey = { ...Key, scopeSet: { S: '*' } };
      await askStandIn(dynamodb, {
        operation: 'DeleteItem',
        body: { TableName: tables.accessTokens, Key: accessKey },
      });
      logs.delete(connectionId);
    },
  };
}

function revocationScopeOf(stated: string): StackRevocation['scope'] {
  return stated === 'token' || stated === 'user' ? stated : 'unknown';
}

function scopeSetsOf(stated: string): readonly string[] {
  const listed: unknown = JSON.parse(stated);
  return Array.isArray(listed) ? listed.map(String) : [];
}
