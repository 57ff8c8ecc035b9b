import { startVaultWorld, type VaultWorld } from '../../../support/vault/vault-world.ts';
import type { Revocation } from '../race-terms.ts';
import { watchRaces } from './race-log.ts';
import { askStandIn, createTokenReader, type TokenReader } from './stand-ins.ts';

type RaceWatch = ReturnType<typeof watchRaces>;

export interface RaceWorld extends VaultWorld, Pick<RaceWatch, 'logOf' | 'tick' | 'noteConsent' | 'onPost'> {
  readonly tokens: TokenReader;
  readonly tables: Readonly<Record<'connections' | 'accessTokens' | 'ephemeral', string>>;
  /** What the vault's setting says of a revocation, and what it really ends at Adobe. */
  readonly revocation: Revocation;
  /** A scope set that callers may ask for in place of everything granted, where the vault names one. */
  readonly narrower: string | undefined;
  /** Posts a refresh token to IMS as a rotator does, and answers the successor. */
  spend(refreshToken: string): Promise<string>;
  /** A function was ended for running too long: this machine has too little time. */
  isStarved(): boolean;
  /** What the stack could not do, and what IAM refused, since this was last asked. */
  troubles(): string[];
  /** Takes the run's items and schedules away, so that it costs the next ones nothing. */
  forget(connectionId: string): Promise<void>;
}

/** Each worker is a start of its function, which costs more than many of its answers. */
const WORKERS: Readonly<Record<string, number>> = {
  rotate: 3,
  'access-token': 3,
};
/** Long enough to leave a processor alone between two looks of a vend that waits. */
const SLEEP_SCALE = 0.1;

export async function startRaceWorld(cdkOut: string, reach: Revocation['ends']): Promise<RaceWorld> {
  let known: readonly string[] = [];
  const world = await startVaultWorld({
    cdkOut,
    stack: { maxEnvironments: (functionName) => WORKERS[functionName.replace(/^AdobeTokenVault-/, '')] ?? 1 },
    ims: { revocation: { reach } },
    onImsArrival: (request) => watch.onImsArrival(request),
    onImsExchange: (request, answer) => watch.onImsExchange(request, answer),
    onImsDecision: (request, answer) => watch.onImsDecision(request, answer),
  });
  world.clock.scaleSleeps(SLEEP_SCALE);
  const { dynamodb, scheduler, functions, iam, kms } = world.stack;
  const { environment, roleArn } = functions.get('rotate').definition;
  const variable = (name: string): string => String(environment[name]);
  const tables = {
    connections: variable('CONNECTIONS_TABLE'),
    accessTokens: variable('ACCESS_TOKENS_TABLE'),
    ephemeral: variable('EPHEMERAL_TABLE'),
  };
  const watch = watchRaces({
    nowMs: () => world.clock.nowMs(),
    ledger: world.ims.ledger,
    tables,
    rotatorRole: iam.role(roleArn).roleName,
  });
  const { logOf, tick, noteConsent, onPost } = watch;
  scheduler.watchSchedules(watch.onSchedule);
  world.stack.watchCalls(watch.onCall);
  dynamodb.watchWrites(watch.onWrite);

  const removeSchedules = async (connectionId: string): Promise<void> => {
    for (const { groupName, name, definition } of scheduler.schedules()) {
      if (!definition.Target.Input?.includes(`"${connectionId}"`)) continue;
      const path = `/schedules/${name}?groupName=${groupName}`;
      await askStandIn(scheduler, { operation: 'DeleteSchedule', method: 'DELETE', path });
    }
  };
  const remove = (TableName: string, Key: object) =>
    askStandIn(dynamodb, { operation: 'DeleteItem', body: { TableName, Key } });

  return {
    ...world,
    ...{ logOf, tick, noteConsent, onPost },
    tokens: createTokenReader(kms, variable('REFRESH_KEY_ARN')),
    tables,
    revocation: { scope: revocationScopeOf(variable('REVOCATION_SCOPE')), ends: reach },
    narrower: scopeSetsOf(variable('SCOPE_SETS'))[0],
    async spend(refreshToken) {
      watch.announce(refreshToken);
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
    isStarved: () => world.stack.logs.search({ contains: 'Task timed out' }).length > 0,
    troubles() {
      const denied = iam.denied().map(({ request }) => `IAM refused ${request.action}`);
      const all = [...world.stack.problems(), ...denied];
      const news = all.slice(known.length);
      known = all;
      return news;
    },
    async forget(connectionId) {
      await removeSchedules(connectionId);
      watch.forget(connectionId);
      const key = { connectionId: { S: connectionId } };
      await remove(tables.connections, key);
      await remove(tables.accessTokens, { ...key, scopeSet: { S: '*' } });
      watch.forget(connectionId);
    },
  };
}

function revocationScopeOf(stated: string): Revocation['scope'] {
  return stated === 'token' || stated === 'user' ? stated : 'unknown';
}

function scopeSetsOf(stated: string): readonly string[] {
  const listed: unknown = JSON.parse(stated);
  return Array.isArray(listed) ? listed.map(String) : [];
}
