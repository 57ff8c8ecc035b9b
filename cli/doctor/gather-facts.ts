import { SCHEDULED_FOR_DELETION } from '../../functions/adapters/aws/aws-errors.ts';
import { createSecretsClient } from '../../functions/adapters/aws/clients.ts';
import {
  createFunctionInspector,
  createGroupInspector,
  createKeyInspector,
  createMetricSum,
  createTableInspector,
  type FunctionFacts,
  type FunctionInspector,
} from '../../functions/adapters/aws/inspection.ts';
import { createIms, NO_GRANT } from '../../functions/adapters/ims/ims-client.ts';
import { readDiscovery } from '../../functions/adapters/ims/ims-endpoints.ts';
import {
  type InspectedClientSecret,
  inspectClientSecret,
} from '../../functions/adapters/secrets-manager/client-secret-source.ts';
import { httpDateMs } from '../../functions/core/moment.ts';
import { PlatformError } from '../../functions/core/platform-error.ts';
import type { Ims, TokenAnswer } from '../../functions/core/ports/ims.ts';
import { answerCode } from '../../functions/core/rotation/breaker-report.ts';
import type { CliSession } from '../cli-session.ts';
import { outputOf } from '../find-vault.ts';
import { type Known, known } from './finding.ts';
import { askBreakers, askFleet, askMissed, doctorTables } from './gather-fleet.ts';
import {
  type ApiFacts,
  type ClientSecretFacts,
  type EndpointFacts,
  HEARTBEAT_HOURS,
  VAULT_FUNCTIONS,
  type VaultFacts,
  type VaultFunction,
} from './vault-facts.ts';

type Functions = VaultFacts['functions'];

/** Asks AWS, Adobe and the API, in parallel. It changes nothing. @throws CliError when no vault is found */
export async function gatherFacts(session: CliSession): Promise<VaultFacts> {
  const stackName = session.options.stack;
  const stack = await session.stack();
  const vaultName = outputOf(stack, 'VaultName', stackName);
  const functions = await functionsOf(session, vaultName);
  const asked = {
    ...(await askTables(session, functions)),
    ...(await askKeys(session, functions)),
    ...(await askSchedules(session, functions)),
    ...(await askAdobe(session, functions)),
    ...(await askOutage(session, functions)),
  };
  const apiUrl = outputOf(stack, 'ApiUrl', stackName);
  const [liveAlias, api, hasConnections] = await Promise.all([
    known(async () => hasAliases(createFunctionInspector(await session.aws()), `${vaultName}-rotate`)),
    known(async () => askApi(apiUrl, session.world.fetch, await session.nowMs())),
    known(async () => {
      const { connections } = await (await session.api()).list({ state: 'active', limit: '1' });
      return connections.length > 0;
    }),
  ]);
  return { stackName, stack, functions, liveAlias, api, hasConnections, ...asked };
}

async function askOutage(session: CliSession, functions: Functions) {
  const tables = doctorTables(await session.aws());
  const nowMs = await session.nowMs();
  const [breakers, missed, fleet] = await Promise.all([
    about(functions, 'rotate', ['EPHEMERAL_TABLE'], (name = '') => askBreakers(tables, name, nowMs)),
    about(functions, 'rotate', ['CONNECTIONS_TABLE'], (name = '') => askMissed(tables, name, nowMs)),
    known(async () => askFleet(await session.api())),
  ]);
  return { nowMs, breakers, missed, fleet };
}

/** Functions call `rotate` by the alias `live`, schedules by `schedules`. */
async function hasAliases(inspector: FunctionInspector, functionName: string): Promise<boolean> {
  const found = await Promise.all(
    ['live', 'schedules'].map((name) => inspector.hasAlias(functionName, name)),
  );
  return found.every(Boolean);
}

async function functionsOf(session: CliSession, vaultName: string): Promise<Functions> {
  const inspector = createFunctionInspector(await session.aws());
  const entries = VAULT_FUNCTIONS.map(
    async (name) => [name, await known(() => inspector.facts(`${vaultName}-${name}`))] as const,
  );
  return Object.fromEntries(await Promise.all(entries)) as Functions;
}

/** Asks with the values of a function's variables. Unknown when the function is. */
async function about<Value>(
  functions: Functions,
  of: VaultFunction,
  names: readonly string[],
  ask: (...values: string[]) => Promise<Value>,
): Promise<Known<Value>> {
  const found: Known<FunctionFacts | undefined> = functions[of];
  if (!found.known) return found;
  const values = names.map((name) => found.value?.variables[name]);
  const present = values.filter((value) => value !== undefined);
  if (present.length === names.length) return known(() => ask(...present));
  return { known: false, why: `the function ${of} does not exist, or lacks ${names.join(', ')}.` };
}

async function askTables(session: CliSession, functions: Functions) {
  const inspect = createTableInspector(await session.aws());
  const [connectionsTable, accessTokensTable, ephemeralTable] = await Promise.all(
    ['CONNECTIONS_TABLE', 'ACCESS_TOKENS_TABLE', 'EPHEMERAL_TABLE'].map((name) =>
      about(functions, 'rotate', [name], inspect),
    ),
  );
  return { connectionsTable, accessTokensTable, ephemeralTable } as Pick<
    VaultFacts,
    'connectionsTable' | 'accessTokensTable' | 'ephemeralTable'
  >;
}

async function askKeys(session: CliSession, functions: Functions) {
  const inspect = createKeyInspector(await session.aws());
  const [refreshKey, accessKey] = await Promise.all([
    about(functions, 'rotate', ['REFRESH_KEY_ARN'], inspect),
    about(functions, 'rotate', ['ACCESS_KEY_ARN'], inspect),
  ]);
  return { refreshKey, accessKey };
}

async function askSchedules(session: CliSession, functions: Functions) {
  const aws = await session.aws();
  const untilMs = await session.nowMs();
  const inspect = createGroupInspector(aws);
  const sum = createMetricSum(aws);
  const [schedules, reconcilerSchedules, reconcilerRuns] = await Promise.all([
    about(functions, 'reconcile', ['SCHEDULE_GROUP'], inspect),
    about(functions, 'reconcile', ['SCHEDULE_GROUP'], (group) => inspect(`${group}-reconcile`)),
    about(
      functions,
      'reconcile',
      ['POWERTOOLS_METRICS_NAMESPACE', 'POWERTOOLS_SERVICE_NAME'],
      (namespace = '', service = '') =>
        sum({
          namespace,
          metric: 'ReconcilerHeartbeat',
          dimensions: { service },
          fromMs: untilMs - HEARTBEAT_HOURS * 3_600_000,
          untilMs,
        }),
    ),
  ]);
  return { schedules, reconcilerSchedules, reconcilerRuns };
}

async function askAdobe(session: CliSession, functions: Functions) {
  const client = createSecretsClient(await session.aws());
  const { fetch } = session.world;
  const clock = { nowMs: () => Date.now(), monotonicMs: () => performance.now() };
  const [adobe, tried] = await Promise.all([
    about(functions, 'rotate', ['IMS_BASE_URL'], (imsBaseUrl = '') => readDiscovery(imsBaseUrl, fetch)),
    about(
      functions,
      'rotate',
      ['CLIENT_SECRET_ID', 'CLIENT_ID', 'IMS_BASE_URL'],
      (secretId = '', clientId = '', imsBaseUrl = '') =>
        tryClientSecret(
          () => inspectClientSecret(client, secretId),
          createIms({ imsBaseUrl, clientId, clock, fetch }),
        ),
    ),
  ]);
  if (!tried.known) return { adobe, clientSecret: tried, tokenEndpoint: tried };
  const { secret, endpoint } = tried.value;
  return {
    adobe,
    clientSecret: { known: true, value: secret } as const,
    tokenEndpoint: { known: true, value: endpoint } as const,
  };
}

const TIMEOUT_MS = 15_000;

/** Sends the API an unsigned request, which it must reject. */
async function askApi(apiUrl: string, fetcher: typeof fetch, nowMs: number): Promise<ApiFacts> {
  const answer = await fetcher(`${apiUrl.replace(/\/+$/, '')}/connections`, {
    redirect: 'manual',
    signal: AbortSignal.timeout(TIMEOUT_MS),
  });
  await answer.body?.cancel();
  const theirsMs = httpDateMs(answer.headers.get('date') ?? '');
  return { status: answer.status, clockAheadMs: theirsMs === undefined ? undefined : nowMs - theirsMs };
}

const ANSWER_TIMEOUT_MS = 15_000;

/**
 * Does the client secret exist, and does Adobe accept it? Sends a made-up refresh token: with a wrong secret Adobe answers
 * `invalid_client`, with the right one it refuses the token. No grant is affected.
 */
async function tryClientSecret(
  inspect: () => Promise<InspectedClientSecret>,
  ims: Pick<Ims, 'refresh'>,
): Promise<{ readonly secret: ClientSecretFacts; readonly endpoint: EndpointFacts }> {
  const found = await inspect().catch((error: unknown) => {
    if (!(error instanceof PlatformError) || error.reason !== SCHEDULED_FOR_DELETION) throw error;
    return { kind: 'scheduled-for-deletion' } as const;
  });
  if (found.kind !== 'stored') return { secret: found.kind, endpoint: 'not-asked' };
  const tokens = { refreshToken: NO_GRANT, timeoutMs: ANSWER_TIMEOUT_MS };
  const answer = await ims.refresh({ ...tokens, clientSecret: found.secrets.current });
  const endpoint = endpointFacts(answer);
  if (answer.kind === 'refused')
    return { secret: found.hasUnusedMembers ? 'accepted-in-part' : 'accepted', endpoint };
  const isRefused = answer.kind === 'misconfigured' && /invalid_client|unauthorized/.test(answer.error);
  return { secret: isRefused ? 'refused' : 'unclear', endpoint };
}

/** Whatever it says in OAuth's words, it answers. A 429, a 5xx, a page or silence is no answer. */
function endpointFacts(answer: TokenAnswer): EndpointFacts {
  if (answer.kind === 'tokens') return { answers: true, code: 'tokens' };
  const answers = 'error' in answer && answer.error !== undefined;
  return { answers, code: answerCode(answer) };
}
