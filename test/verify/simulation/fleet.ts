import { createScopeSets } from '../../../functions/core/access-tokens/scope-sets.ts';
import {
  createVendAccessToken,
  type VendAccessToken,
} from '../../../functions/core/access-tokens/vend-access-token.ts';
import type { Connection, ConnectionEvent } from '../../../functions/core/connection/connection.ts';
import { createDeadline } from '../../../functions/core/deadline.ts';
import { importToken } from '../../../functions/core/import/import-token.ts';
import { PlatformError } from '../../../functions/core/platform-error.ts';
import type { EventPublisher } from '../../../functions/core/ports/events.ts';
import type { ClientSecretSource } from '../../../functions/core/ports/ims.ts';
import type { Random } from '../../../functions/core/ports/platform.ts';
import type { Breakers } from '../../../functions/core/rotation/breakers.ts';
import { Secret } from '../../../functions/core/secret.ts';
import { DAY_MS, HOUR_MS, SECOND_MS } from '../../../functions/core/time-units.ts';
import type { ProviderMode } from '../../../local/ims/refresh-token-rules.ts';
import { type Adobe, createAdobe } from './adobe.ts';
import { createAdobeConditions, type Disturbance } from './adobe-conditions.ts';
import { type AnswerOverride, createAdobeLine, SCOPES, userOfSubject } from './adobe-line.ts';
import { type AppUsers, createAppUsers, type Habits, type OnVend } from './app-users.ts';
import { type Census, createCensus } from './census.ts';
import { createChance } from './chance.ts';
import { createConsentFunction } from './consent-function.ts';
import {
  type Counters,
  createCounters,
  createFleetSeconds,
  createRateMeter,
  createSilentTelemetry,
  type FleetSeconds,
  type OnMeasure,
} from './counters.ts';
import {
  type ConnectionTable,
  createAccessTokenTable,
  createBreakerItem,
  createConnectionTable,
} from './metered-tables.ts';
import { createReconcileFunction, type ReconcileFunction } from './reconcile-function.ts';
import { createRotateFunction, type RotateFunction } from './rotate-function.ts';
import { createSchedules, type Schedules } from './scheduler.ts';
import { createCheapSealing, createRealSealing } from './sealing.ts';
import { createVirtualTime, type VirtualTime } from './virtual-time.ts';

export interface FleetOptions {
  readonly seed: string;
  readonly mode: ProviderMode;
  /** `grace`: absent = a used token stays good until its successor is used. */
  readonly graceMs?: number;
  readonly users: readonly number[];
  readonly startMs: number;
  readonly revokingUntilMs: number;
  readonly habits: Habits;
  readonly disturbances: readonly Disturbance[];
  /** The share of answers that are lost, and of runs that crash. */
  readonly faultShare: number;
  readonly lostScheduleShare: number;
  readonly adobeLimitPerSecond: number;
  readonly maxSchedulesPerMinute: number;
  readonly realSealing: boolean;
  /** Receives every metric of the fleet's functions. */
  readonly onMeasure?: OnMeasure;
  /** Where posts and runs are counted second by second. Absent: they are not counted. */
  readonly seconds?: FleetSeconds;
  /** Narrower scopes that may be asked for. */
  readonly scopeSets?: readonly string[];
  readonly answerOverride?: AnswerOverride;
  readonly onVend?: OnVend;
}

export interface Fleet {
  readonly time: VirtualTime;
  readonly adobe: Adobe;
  readonly census: Census;
  readonly table: ConnectionTable;
  readonly scheduler: Schedules;
  readonly rotate: RotateFunction;
  readonly reconcile: ReconcileFunction;
  readonly appUsers: AppUsers;
  readonly random: Random;
  readonly counts: Counters;
  readonly vend: VendAccessToken;
  /** Imports a refresh token that another system held. */
  importToken(connectionId: string, token: string): Promise<void>;
  breakers(): Breakers;
}

const CLIENT_ID = 'simulated-client';
const IMPORT_MS = 20 * SECOND_MS;

/** A vault with all its users, in one process: the real use cases over ports in memory, with time that jumps. */
export function createFleet(options: FleetOptions): Fleet {
  const { mode, startMs } = options;
  const time = createVirtualTime(startMs);
  const chance = createChance(options.seed);
  const counts = createCounters();
  const seconds = options.seconds ?? createFleetSeconds(startMs, 0);
  const sealing = options.realSealing
    ? createRealSealing(counts.kms, createChance(`${options.seed} keys`))
    : createCheapSealing(counts.kms);
  const adobe = createAdobe({
    mode,
    nowMs: time.nowMs,
    ...(options.graceMs !== undefined && { graceMs: options.graceMs }),
  });
  const census = createCensus({ adobe, sealing, nowMs: time.nowMs });
  const table = createConnectionTable({ counts: counts.dynamoDb, onWrite: census.onWrite });
  const breakers = createBreakerItem(counts.dynamoDb);
  const telemetry = createSilentTelemetry(counts.metrics, options.onMeasure);
  const clientSecret = createClientSecret();
  // The functions are made one after the other, and each invokes one that is made later.
  const late: { rotate?: RotateFunction; appUsers?: AppUsers } = {};
  const scheduler = createSchedules({
    time,
    chance,
    counts: counts.scheduler,
    lostShare: options.lostScheduleShare,
    invoke: (request) => late.rotate?.invoke(request),
  });
  const line = createAdobeLine({
    adobe,
    time,
    chance,
    posts: createRateMeter(seconds.posts),
    conditions: createAdobeConditions(options.disturbances),
    counts: counts.ims,
    limitPerSecond: options.adobeLimitPerSecond,
    lostShare: options.faultShare,
    kindOf: (user) => late.appUsers?.kindOf(user) ?? 'sliding-readable',
    ...(options.answerOverride && { answerOverride: options.answerOverride }),
  });
  const scopeSets = createScopeSets(options.scopeSets ?? []);
  const events = createEvents(counts.events, (connectionId, event) => {
    const connection = table.peek(connectionId);
    census.onEvent(connection, event);
    if (connection && late.appUsers) react(late.appUsers, time.nowMs(), connection, event);
  });
  const { connections, subjects, dueIndex } = table;
  const { schedules, parking } = scheduler;
  const { sealer, opener } = sealing;
  const accessTokens = createAccessTokenTable(counts.dynamoDb);
  const shared = {
    connections,
    accessTokens,
    breakers,
    sealer,
    clientSecret,
    schedules,
    random: chance,
    telemetry,
  };
  const rotate = createRotateFunction({
    adobe,
    line,
    time,
    chance,
    counts,
    crashShare: options.faultShare,
    seconds,
    deps: {
      ...shared,
      subjects,
      opener,
      parking,
      events,
      settings: { clientId: CLIENT_ID, scopeSets: scopeSets.all, revocationScope: 'unknown' },
    },
  });
  const reconcile = createReconcileFunction({
    time,
    counts,
    deps: {
      dueIndex,
      connections,
      breakers,
      schedules,
      scheduleGroup: scheduler.scheduleGroup,
      telemetry,
      settings: { maxSchedulesPerMinute: options.maxSchedulesPerMinute },
    },
  });
  const vend = answered(
    createVendAccessToken({
      accessTokens,
      connections,
      opener,
      telemetry,
      rotator: rotate.rotator,
      clock: time,
      random: chance,
      scopeSets,
      clientId: CLIENT_ID,
    }),
  );
  const appUsers = createAppUsers({
    users: options.users,
    habits: options.habits,
    revokingUntilMs: options.revokingUntilMs,
    startMs,
    clientId: CLIENT_ID,
    adobe,
    census,
    consent: createConsentFunction({
      deps: { ...shared, subjects },
      clientId: CLIENT_ID,
      line,
      time,
      counts,
      scopes: SCOPES,
    }),
    vend,
    time,
    chance,
    counts,
    ...(options.onVend && { onVend: options.onVend }),
  });
  Object.assign(late, { rotate, appUsers });
  appUsers.arrive();
  reconcile.start(startMs + chance.share() * HOUR_MS);

  return {
    time,
    adobe,
    census,
    table,
    scheduler,
    rotate,
    reconcile,
    appUsers,
    random: chance,
    counts,
    vend,
    async importToken(connectionId, token) {
      const deps = {
        ...shared,
        rotator: rotate.rotator,
        clock: time,
        clientId: CLIENT_ID,
        scopeSets: scopeSets.all,
      };
      const line = { connectionId, refreshToken: new Secret(token) };
      const deadline = createDeadline(time, IMPORT_MS);
      await importToken(deps, line, { scopes: SCOPES }, { dryRun: false, replace: false }, deadline);
    },
    breakers: breakers.present,
  };
}

/** What an app does with the vault's events: it asks its user to consent again. */
function react(appUsers: AppUsers, nowMs: number, { subject }: Connection, { type }: ConnectionEvent): void {
  if (subject === undefined) return;
  const user = userOfSubject(subject);
  if (type === 'Expiring Soon')
    appUsers.askAgain(user, { fromMs: nowMs + HOUR_MS, untilMs: nowMs + 6 * DAY_MS });
  if (type === 'Reauthorization Required') {
    appUsers.askAgain(user, { fromMs: nowMs + HOUR_MS, untilMs: nowMs + 3 * DAY_MS });
  }
}

function createEvents(
  counts: Counters['events'],
  onEvent: (connectionId: string, event: ConnectionEvent) => void,
): EventPublisher {
  return {
    async publish(connectionId, events) {
      counts.puts += 1;
      counts.published += events.length;
      for (const event of events) onEvent(connectionId, event);
      return events.map(({ id }) => id);
    },
  };
}

function createClientSecret(): ClientSecretSource {
  const secrets = { current: new Secret('an-unchecked-client-secret'), versionId: 'first' };
  return { read: async () => secrets };
}

/** What the caller sees: the HTTP boundary answers a platform error with a 503. */
function answered(vend: VendAccessToken): VendAccessToken {
  return (request) =>
    vend(request).catch((error: unknown) => {
      if (!(error instanceof PlatformError)) throw error;
      return { outcome: 'unavailable', reason: error.code, retryAfterMs: 5_000 };
    });
}
