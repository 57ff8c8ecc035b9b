import { inspect } from 'node:util';
import type { Connection } from '../../../functions/core/connection/connection.ts';
import { STATE_RULES } from '../../../functions/core/connection/connection-states.ts';
import { refreshBinding } from '../../../functions/core/connection/sealed-token.ts';
import { PlatformError } from '../../../functions/core/platform-error.ts';
import { CONNECTION_CODE } from './consent-scenarios.ts';
import type { CrashWorld } from './crash-world.ts';
import type { FaultKind, FaultyProcess, ProcessEnd } from './faulty-process.ts';
import type { Act, Scenario } from './preparations.ts';

const HOUR_MS = 3_600_000;
/** Half an hour, an hour to the next run of the reconciler, an hour of spread. */
const LONGEST_SLEEP_MS = 2.5 * HOUR_MS;

export interface Facts {
  readonly told: string;
  readonly toldAgain: string | undefined;
  readonly connection: Connection | undefined;
  readonly grant: 'kept' | 'lost' | 'expired' | 'revoked' | 'alive though ended' | 'none';
  /** IMS had consumed the token when the process ended, and the successor could not be stored anywhere. */
  readonly endedInWindow: boolean;
  readonly doubleSpends: number;
  /** A token was posted again when the time for that was over. */
  readonly repostedTooLate: boolean;
  /** `family`: a second post next to an unanswered first one is what a replay looks like. */
  readonly endedByOwnPost: boolean;
}

export function toldBy(ended: ProcessEnd<string>): string {
  if (ended.end === 'died') return 'nothing';
  if (ended.end === 'returned') return ended.result;
  return ended.fault instanceof PlatformError ? `fault ${ended.fault.code}` : `ERROR ${String(ended.fault)}`;
}

/** The newest refresh token IMS gave to this process is not stored anywhere. */
export async function isInWindow(world: CrashWorld, postsBefore: number): Promise<boolean> {
  const newest = world.ims.ledger.posts.slice(postsBefore).findLast(({ successor }) => successor)?.successor;
  return newest !== undefined && !(await world.keptTokens()).has(newest);
}

export function connectionOf(world: CrashWorld, act: Act): Connection | undefined {
  const [only] = world.memory.connections.values();
  return act.connectionId === '' ? only : world.memory.connections.get(act.connectionId);
}

/** `grace`: a post repeated later than the provider allows gets the answer of `strict`. */
export function repostedTooLate({ ims, mode, graceMs }: CrashWorld): boolean {
  if (mode !== 'grace') return false;
  const { posts } = ims.ledger;
  return ims.ledger.doubleSpends().some(({ token, atMs }) => {
    const spent = posts.find((post) => post.token === token && post.successor !== undefined);
    return spent !== undefined && atMs >= spent.atMs + graceMs;
  });
}

/** What the provider's own books and the table say together. */
export async function grantOf(world: CrashWorld, scenario: Scenario, act: Act): Promise<Facts['grant']> {
  const connection = connectionOf(world, act);
  if (connection === undefined) return 'none';
  if (scenario.grant === 'expired') return 'expired';
  const { state, refresh } = connection;
  if (state === 'disconnecting' || state === 'disconnected') {
    return world.ims.ledger.liveRefreshTokens(act.subject).length === 0 ? 'revoked' : 'alive though ended';
  }
  if (refresh === undefined) return 'lost';
  return (await holdsLiveToken(world, connection)) ? 'kept' : 'lost';
}

/** A token whose seal is broken is lost with it. */
async function holdsLiveToken(world: CrashWorld, connection: Connection): Promise<boolean> {
  const { refresh } = connection;
  if (refresh === undefined) return false;
  const opened = world.sealing.opener.open(refresh.sealed, refreshBinding(connection, refresh));
  const token = await opened.catch(() => undefined);
  return token !== undefined && world.ims.ledger.isLive(token.reveal());
}

/** The other connections: no fault of the one that is looked at may have cost them anything. */
async function bystandersAreWell(world: CrashWorld, { connectionId }: Act): Promise<boolean> {
  if (connectionId === '') return true;
  const others = [...world.memory.connections.values()].filter((one) => one.connectionId !== connectionId);
  const well = others.map(async (one) => !lacksDueTime(world, one) && (await holdsLiveToken(world, one)));
  return (await Promise.all(well)).every(Boolean);
}

/** One line for the reviewed file. */
export function lineOf(world: CrashWorld, facts: Facts): string {
  const { told, toldAgain, connection, grant, doubleSpends } = facts;
  const events = world.events.published.map(({ event }) => event.type);
  const parts = [
    `told ${told}${toldAgain === undefined ? '' : ` (again: ${toldAgain})`}`,
    connection === undefined ? 'no connection' : `${connection.state}, grant ${grant}`,
    ...(doubleSpends > 0 ? ['spent twice'] : []),
    ...(world.waiting().length > 0 ? ['still parked'] : []),
    ...(events.length > 0 ? [`events ${events.join(' + ')}`] : []),
  ];
  return parts.join('; ');
}

/** Broken rules, of those that hold at every point, whatever the file of expectations says. Empty when none is broken. */
export async function brokenRules(
  world: CrashWorld,
  scenario: Scenario,
  act: Act,
  facts: Facts,
  kind: FaultKind | undefined,
  point: string | undefined,
): Promise<string[]> {
  const { connection, grant, told, endedInWindow, repostedTooLate } = facts;
  const broken: string[] = [];
  const mayLose = world.mode === 'strict' || world.mode === 'family' || repostedTooLate;
  const isDeath = kind === 'stop' || kind === 'stop-after' || kind === 'late';
  const answerLost = scenario.losesAnswers || /^ims\./i.test(point ?? '');
  if (grant === 'lost' && !facts.endedByOwnPost && !(mayLose && endedInWindow && (isDeath || answerLost))) {
    broken.push('a grant was lost outside the window');
  }
  if (!(await bystandersAreWell(world, act))) broken.push('another connection suffered');
  if (isTakenAndAlive(world, act, connection)) broken.push('a replaced grant is still alive at IMS');
  if (scenario.grant === 'holds' && connection === undefined) broken.push('a connection disappeared');
  if (grant === 'alive though ended') broken.push('a disconnected grant is still alive at IMS');
  if (told.startsWith('ERROR')) broken.push(told);
  if (world.setbacks.length > 0) broken.push('an older generation or version overwrote a newer one');
  if (connection && scenario.grant !== 'expired' && lacksDueTime(world, connection))
    broken.push('the connection has no due time');
  if (world.waiting().length > 0) broken.push('a successor is parked forever');
  if (connection?.state === 'active' && !connection.renewable)
    broken.push('a refresh token that Adobe gave was overlooked');
  if (await holdsForeignToken(world)) broken.push('a refresh token is stored that Adobe never gave');
  if (connection && isVendedPastItsEnd(world, connection))
    broken.push('a token of an ended generation is published');
  return broken;
}

/** A caller that asks afterwards gets a live access token of this connection's present generation. */
export async function canBeVended(world: CrashWorld, connection: Connection | undefined): Promise<boolean> {
  if (!connection) return false;
  const { connectionId, clientId, generation } = connection;
  const requirement = { scopeSet: '*', minTtlSeconds: 300 };
  await world.runRotate({ connectionId, trigger: 'vend', requirement });
  const record = await world.accessTokens.read(connectionId, '*');
  if (record?.kind !== 'token' || record.generation !== generation) return false;
  const { version, scopeSet, expiresAtMs, sealed } = record;
  const binding = { connectionId, clientId, generation, version, scopeSet, expiresAtMs };
  const token = await world.sealing.opener.open(sealed, { ...binding, purpose: 'access' });
  return world.ims.ledger.isLive(token.reveal());
}

/** Such as the first half of one. */
async function holdsForeignToken(world: CrashWorld): Promise<boolean> {
  const issued = new Set(world.ims.ledger.issued());
  return [...(await world.keptTokens())].some((token) => !issued.has(token));
}

function isTakenAndAlive(
  { ims }: CrashWorld,
  { takenFrom }: Act,
  connection: Connection | undefined,
): boolean {
  if (takenFrom === undefined || connection?.subject === takenFrom) return false;
  return ims.ledger.liveRefreshTokens(takenFrom).length > 0;
}

function lacksDueTime({ clock }: CrashWorld, { state, dueAtMs }: Connection): boolean {
  if (!STATE_RULES[state].inDueIndex) return false;
  return dueAtMs === undefined || dueAtMs < clock.nowMs() - LONGEST_SLEEP_MS;
}

function isVendedPastItsEnd({ accessTokens, clock }: CrashWorld, connection: Connection): boolean {
  return [...accessTokens.items.values()].some(
    ({ record }) =>
      record.kind === 'token' &&
      record.expiresAtMs > clock.nowMs() &&
      (record.generation !== connection.generation || !STATE_RULES[connection.state].mayVend),
  );
}

/**
 * How every secret of these runs begins, or what it contains: a few searches find any of them. Long enough that no sealed bytes
 * hold one by chance.
 */
const STEMS = [
  'refresh-token-0',
  'access-token-0',
  ...['-of-0123456789AB', '-of-89ABCDEF0123', 'canary-of-a-', 'canary_of-the-'],
  CONNECTION_CODE.slice(0, 12),
];
const NEEDLES = STEMS.flatMap(encodingsOf);

/** Where one of the secrets of this run shows, in clear or in a usual encoding. Empty when none shows. */
export function leaksOf(world: CrashWorld, process: FaultyProcess, ended: ProcessEnd<string>): string[] {
  const { telemetry, events, schedules } = world;
  const shows = (text: string) => NEEDLES.some((needle) => text.includes(needle));
  const places: readonly (readonly [string, string])[] = [
    ['telemetry', JSON.stringify([telemetry.lines, telemetry.measurements])],
    ['an event', JSON.stringify(events.published)],
    ['a schedule', JSON.stringify(schedules.calls)],
    ['an error', ended.end === 'threw' ? wholeErrorOf(ended.fault) : ''],
    ['what a caller gets', ended.end === 'returned' ? ended.result : ''],
    ['what is stored or sent', process.said.join('\n')],
  ];
  return places.flatMap(([place, text]) => (shows(text) ? [`a secret shows in ${place}`] : []));
}

/** Message, stack and own fields of an error and of every cause beneath it. */
function wholeErrorOf(fault: unknown): string {
  const parts: string[] = [];
  for (let error = fault; error !== undefined && parts.length < 8; error = causeOf(error)) {
    parts.push(inspect(error, { depth: 6, showHidden: true, maxStringLength: null }));
  }
  return parts.join('\n');
}

function causeOf(error: unknown): unknown {
  return error instanceof Error ? error.cause : undefined;
}

function encodingsOf(stem: string): string[] {
  return [stem, Buffer.from(stem).toString('hex'), ...[0, 1, 2].map((offset) => base64At(stem, offset))];
}

/** The part of a Base64 text that depends on the stem alone, wherever in a group of three bytes it begins. */
function base64At(stem: string, offset: number): string {
  const encoded = Buffer.from(`${' '.repeat(offset)}${stem}`)
    .toString('base64')
    .replace(/=+$/, '');
  return encoded.slice(offset === 0 ? 0 : 4, -2);
}
