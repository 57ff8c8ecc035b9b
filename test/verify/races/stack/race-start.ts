import { SchedulerClient } from '@aws-sdk/client-scheduler';
import { connectionItem } from '../../../../functions/adapters/dynamodb/connection-item.ts';
import { createParking } from '../../../../functions/adapters/scheduler/parking.ts';
import type { Connection } from '../../../../functions/core/connection/connection.ts';
import { planNextDue } from '../../../../functions/core/connection/due.ts';
import { mintGeneration } from '../../../../functions/core/connection/generation.ts';
import { connectionOf } from '../../../../functions/core/consent/consent-connection.ts';
import { ownerProof, type ParkedSuccessor } from '../../../../functions/core/rotation/parked-successor.ts';
import { Secret } from '../../../../functions/core/secret.ts';
import type { Who } from '../race-terms.ts';
import { type SeenIssue, userOf } from './race-log.ts';
import type { RacePlan } from './race-plan.ts';
import type { RaceWorld } from './race-world.ts';
import { askStandIn } from './stand-ins.ts';

const DAY_MS = 86_400_000;
const REFRESH_LIFE_MS = 14 * DAY_MS;
const AGE_MS = { due: 8 * DAY_MS, expired: 2 * DAY_MS };
const LEASE_ENDED_AGO_MS = 10_000;
/** Under a lease of a minute. */
const CLAIMED_AGO_MS = 70_000;
const PARKED_AGO_MS = 65_000;

/** What stands before the first step of a run. */
export interface PreparedRace {
  readonly connectionId: string;
  readonly plan: RacePlan;
  /** Of each consent a redeem of the plan names, under `who/which`. */
  readonly consents: ReadonlyMap<string, PreparedConsent>;
  readonly parked: ParkedSuccessor | undefined;
  /** The token that another system holds, for each user whose import the plan names. */
  readonly exports: ReadonlyMap<string, string>;
}

export function consentKey({ who, which }: { readonly who: string; readonly which: number }): string {
  return `${who}/${which}`;
}

/** A connection some days after its consent, as the vault would have stored it, and the browsers that are on their way back. */
export async function prepareRace(world: RaceWorld, plan: RacePlan): Promise<PreparedRace> {
  const connectionId = `demo.race-${plan.seed}`;
  for (const who of ['owner', 'other'] as const) {
    const user = world.ims.addUser({ key: userOf(connectionId, who) });
    user.profile({ rotation: { mode: plan.mode } });
  }
  const log = world.logOf(connectionId);
  log.setBackMs = AGE_MS[plan.start];
  const { connection, refreshToken } = await storedConnection(world, plan, connectionId);
  await putConnection(world, connection);
  log.setBackMs = CLAIMED_AGO_MS;
  const parked = plan.parked ? await leaveParked(world, connection, refreshToken) : undefined;
  log.setBackMs = 0;
  const consents = await prepareConsents(world, plan, connectionId);
  return { connectionId, plan, parked, consents, exports: exportsOf(world, plan, connectionId) };
}

async function storedConnection(world: RaceWorld, { start, mode }: RacePlan, connectionId: string) {
  const consentedAtMs = Math.round(world.clock.nowMs() - AGE_MS[start]);
  const user = world.ims.user(userOf(connectionId, 'owner'));
  const { clientId, scopes } = world.ims.currentProfile().credential;
  const issued = user.issueGrant(scopes);
  world.logOf(connectionId).codeExchanges.push({ at: world.tick(), ...issued });
  world.noteConsent(issued.refreshToken);
  const generation = mintGeneration(consentedAtMs, crypto.getRandomValues(new Uint8Array(10)));
  const identity = { generation, version: 1 };
  const { sealed } = await world.tokens.seal({ connectionId, clientId }, identity, issued.refreshToken);
  const consent = connectionOf({
    connectionId,
    clientId,
    generation,
    subject: user.sub,
    grantedScopes: scopes,
    refresh: {
      sealed,
      life: { refreshExpiresAtMs: consentedAtMs + REFRESH_LIFE_MS, sliding: 'unknown' },
    },
    commitId: `consent-${mode}`,
    consentedAtMs,
  });
  return { connection: planNextDue(consent, {}, consentedAtMs).after, refreshToken: issued.refreshToken };
}

async function putConnection(world: RaceWorld, connection: Connection): Promise<void> {
  const item = JSON.stringify(connectionItem(connection), (_, value: unknown) =>
    value instanceof Uint8Array ? Buffer.from(value).toString('base64') : value,
  );
  await askStandIn(world.stack.dynamodb, {
    operation: 'PutItem',
    body: { TableName: world.tables.connections, Item: JSON.parse(item) },
  });
}

function leaseThatEnded(world: RaceWorld) {
  return {
    runId: 'a-rotator-that-is-gone',
    untilMs: Math.round(world.clock.nowMs() - LEASE_ENDED_AGO_MS),
  };
}

/** Acts as a rotator whose commit the store refuses: claims, uses the token, and parks the successor. */
async function leaveParked(
  world: RaceWorld,
  connection: Connection,
  refreshToken: string,
): Promise<ParkedSuccessor> {
  await putConnection(world, { ...connection, lease: leaseThatEnded(world) });
  const successor = await world.spend(refreshToken);
  const { connectionId, generation, version, subjectKey } = connection;
  const owner = subjectKey === undefined ? {} : { subjectKey };
  const { sealed } = await world.tokens.seal(connection, { generation, version: version + 1 }, successor);
  const nowMs = Math.round(world.clock.nowMs());
  const parked: ParkedSuccessor = {
    connectionId,
    generation,
    version,
    sealed,
    commitId: 'commit-of-the-rotator-that-is-gone',
    parkedAtMs: nowMs - PARKED_AGO_MS,
    refreshExpiresAtMs: nowMs + REFRESH_LIFE_MS,
    sliding: 'unknown',
    ...owner,
    ownerProof: ownerProof(new Secret(successor), { connectionId, generation, version, ...owner }),
  };
  await parkingOf(world).park(parked);
  return parked;
}

function parkingOf({ stack, clock }: RaceWorld) {
  const { environment, roleArn } = stack.functions.get('rotate').definition;
  const variable = (name: string): string => String(environment[name]);
  return createParking({
    client: new SchedulerClient({
      endpoint: stack.awsEndpointUrl,
      region: 'us-east-1',
      credentials: stack.credentialsOf(roleArn),
      systemClockOffset: clock.nowMs() - Date.now(),
    }),
    clock,
    group: variable('SCHEDULE_GROUP'),
    roleArn: variable('SCHEDULE_ROLE_ARN'),
    targetArn: variable('SCHEDULE_TARGET_ARN'),
    deadLetterQueueArn: variable('DEAD_LETTER_QUEUE_ARN'),
  });
}

async function prepareConsents(
  world: RaceWorld,
  { actors }: RacePlan,
  connectionId: string,
): Promise<PreparedRace['consents']> {
  const consents = new Map<string, PreparedConsent>();
  for (const actor of actors) {
    if (actor.kind !== 'redeem' || consents.has(consentKey(actor))) continue;
    consents.set(consentKey(actor), await consentOf(world, connectionId, actor.who));
  }
  return consents;
}

function exportsOf(world: RaceWorld, { actors }: RacePlan, connectionId: string): PreparedRace['exports'] {
  const { scopes } = world.ims.currentProfile().credential;
  const named = new Set(actors.flatMap((one) => (one.kind === 'import' ? [one.who] : [])));
  return new Map(
    [...named].map((who) => [who, world.ims.user(userOf(connectionId, who)).issueGrant(scopes).refreshToken]),
  );
}

/** What a browser brought back: a one-time code that still has to be redeemed. */
export interface PreparedConsent {
  readonly connectionCode: string;
  readonly issued: SeenIssue;
}

/**
 * Sends a browser through a consent session, without redeeming. Unlike the browser of the demo it answers the consent page
 * for a user of its own, so that many may be on their way at once.
 */
async function consentOf(world: RaceWorld, connectionId: string, who: Who): Promise<PreparedConsent> {
  const opened = await world.api.openConsent(connectionId, {
    returnTo: world.landingUrl,
    appState: 'state-of-the-app-0123456789',
  });
  if (!opened.ok) throw new Error(`No consent session: ${JSON.stringify(opened.problem)}`);
  const begun = await fetch(opened.value.authorizeUrl, { redirect: 'manual' });
  const cookie = begun.headers
    .getSetCookie()
    .map((line) => line.split(';')[0])
    .join('; ');
  const decided = await fetch(locationOf(begun), {
    method: 'POST',
    redirect: 'manual',
    body: new URLSearchParams({ user: userOf(connectionId, who), decision: 'approve' }),
  });
  const before = world.logOf(connectionId).codeExchanges.length;
  const back = locationOf(await fetch(locationOf(decided), { redirect: 'manual', headers: { cookie } }));
  const issued = world.logOf(connectionId).codeExchanges[before];
  const connectionCode = new URL(back).searchParams.get('connection_code');
  if (!connectionCode || !issued) throw new Error(`The consent came to nothing: ${new URL(back).search}`);
  return { connectionCode, issued };
}

function locationOf(response: Response): string {
  const location = response.headers.get('location');
  if (location === null) throw new Error(`Expected a redirect, got ${response.status}.`);
  return location;
}
