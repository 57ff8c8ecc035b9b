import type { FunctionName } from '../packaging/function-names.ts';

/** Where a number comes from. */
export type MetricSource =
  /** Measured by the vault's own functions, in its own namespace. */
  | { readonly from: 'vault'; readonly name: string; readonly dimensions?: Readonly<Record<string, string>> }
  | {
      readonly from: 'lambda';
      readonly name: 'Errors' | 'Throttles' | 'Duration';
      readonly of: FunctionName;
    }
  | { readonly from: 'api'; readonly name: '5xx' }
  | { readonly from: 'dead-letters'; readonly name: 'ApproximateNumberOfMessagesVisible' };

export interface AlarmDefinition {
  /** Part of the alarm's name, and the heading of its section in `docs/operations.md`. */
  readonly id: string;
  /** `page`: calls an operator at any hour. `ticket`: can wait until the next working day. */
  readonly severity: 'page' | 'ticket';
  readonly meaning: string;
  readonly metric: MetricSource;
  readonly statistic: 'Minimum' | 'Maximum' | 'Sum';
  readonly periodMinutes: number;
  /** Number of periods in a row. CloudWatch evaluates every minute, so a period can start at any minute. */
  readonly periods: number;
  readonly comparison: 'below' | 'atLeast';
  readonly threshold: number;
  /** How a period without a value counts: the reconciler reports every hour or every six hours, and faults are reported only when they happen. */
  readonly whenMissing: 'notBreaching' | 'breaching' | 'ignore';
  /**
   * It notifies only if it still fires after this time. Without it, an alarm that takes a missing value for a fault would
   * notify during every first deployment, before there can be a value.
   */
  readonly notifiesAfterMinutes?: number;
}

/** The runbook page, as alarms and the dashboard name it. */
export const OPERATIONS_PAGE = 'docs/operations.md';

const MINUTES_PER_HOUR = 60;

/** The reconciler and the canary connection run as soon as their schedules exist. This covers an hour more. */
const FIRST_RUN_MINUTES = 75;

type AlarmBasics = Pick<AlarmDefinition, 'id' | 'severity' | 'meaning' | 'metric'>;

/** A fault that should never happen: one is enough. */
function onceIsEnough(basics: AlarmBasics, withinMinutes: number): AlarmDefinition {
  return atLeast(1, basics, withinMinutes);
}

function atLeast(
  threshold: number,
  basics: AlarmBasics,
  withinMinutes: number,
  periods = 1,
): AlarmDefinition {
  return {
    ...basics,
    statistic: 'Sum',
    periodMinutes: withinMinutes,
    periods,
    comparison: 'atLeast',
    threshold,
    whenMissing: 'notBreaching',
  };
}

/** A number that the reconciler reports every hour, or with its census every six hours. Between two reports the last one holds. */
function gauge(
  basics: AlarmBasics,
  { everyHours, periods = 1 }: { readonly everyHours: 1 | 6; readonly periods?: number },
): AlarmDefinition {
  return {
    ...basics,
    statistic: 'Maximum',
    periodMinutes: everyHours * MINUTES_PER_HOUR,
    periods,
    comparison: 'atLeast',
    threshold: 1,
    whenMissing: 'ignore',
  };
}

function hoursLeft(basics: AlarmBasics, threshold: number): AlarmDefinition {
  return {
    ...gauge(basics, { everyHours: 6 }),
    statistic: 'Minimum',
    comparison: 'below',
    threshold,
  };
}

function measured(name: string, dimensions: Readonly<Record<string, string>> = {}): MetricSource {
  return {
    from: 'vault',
    name,
    dimensions,
  };
}

function lambda(of: FunctionName, name: 'Errors' | 'Throttles' | 'Duration'): MetricSource {
  return {
    from: 'lambda',
    of,
    name,
  };
}

/** Grants at risk. A refresh token lives 14 days and is rotated with about seven left. */
const GRANTS: readonly AlarmDefinition[] = [
  hoursLeft(
    {
      id: 'hours-of-safety-low',
      severity: 'page',
      meaning: 'At least one grant that rotation keeps alive has less than two days left.',
      metric: measured('HoursOfSafetyLeft'),
    },
    48,
  ),
  hoursLeft(
    {
      id: 'fleet-safety-low',
      severity: 'ticket',
      meaning: 'One grant in a hundred has less than four days left: rotations have failed for days.',
      metric: measured('HoursOfSafetyLeftP01'),
    },
    96,
  ),
  gauge(
    {
      id: 'at-risk',
      severity: 'ticket',
      meaning: 'Grants that rotation keeps alive expire within 72 hours unless they are rotated.',
      metric: measured('AtRiskWithin72Hours'),
    },
    { everyHours: 6 },
  ),
  gauge(
    {
      id: 'expired',
      severity: 'page',
      meaning: 'Grants are past their expiry although Adobe has not refused them.',
      metric: measured('ExpiredConnections'),
    },
    { everyHours: 6 },
  ),
  onceIsEnough(
    {
      id: 'successor-lost',
      severity: 'page',
      meaning: 'A refresh token that Adobe issued could not be stored anywhere.',
      metric: measured('SuccessorLost'),
    },
    5,
  ),
  onceIsEnough(
    {
      id: 'successor-parked',
      severity: 'ticket',
      meaning: 'The table did not accept a new refresh token, which is now parked, sealed, in a schedule.',
      metric: measured('SuccessorParked'),
    },
    15,
  ),
  onceIsEnough(
    {
      id: 'parked-envelope-refused',
      severity: 'page',
      meaning: 'A schedule held a parked token that does not open: another principal may have written it.',
      metric: measured('ParkedEnvelopeRefused'),
    },
    5,
  ),
  onceIsEnough(
    {
      id: 'seal-broken',
      severity: 'ticket',
      meaning: 'A stored refresh token cannot be opened.',
      metric: measured('ConnectionDegraded', { reason: 'seal_broken' }),
    },
    // Tried every six hours.
    8 * MINUTES_PER_HOUR,
  ),
  onceIsEnough(
    {
      id: 'connection-degraded',
      severity: 'ticket',
      meaning: 'Adobe answers one connection in a way that blames neither its user nor the credential.',
      metric: measured('ConnectionDegraded', { reason: 'adobe_answer' }),
    },
    2 * MINUTES_PER_HOUR,
  ),
  onceIsEnough(
    {
      id: 'scopes-shrank',
      severity: 'ticket',
      meaning: 'A rotated token carries fewer scopes than its user granted.',
      metric: measured('ScopesShrank'),
    },
    MINUTES_PER_HOUR,
  ),
];

/** Adobe, and what the vault needs to talk to it. */
const ADOBE: readonly AlarmDefinition[] = [
  gauge(
    {
      id: 'credential-breaker-open',
      severity: 'page',
      meaning: 'Adobe refuses the credential itself: nothing is rotated until it is fixed.',
      metric: measured('BreakerOpen', { breaker: 'credential' }),
    },
    { everyHours: 1 },
  ),
  gauge(
    {
      id: 'outage-breaker-open',
      severity: 'ticket',
      meaning: 'Responses from Adobe have been lost for three hours: rotations with time to spare wait.',
      metric: measured('BreakerOpen', { breaker: 'outage' }),
    },
    { everyHours: 1, periods: 3 },
  ),
  onceIsEnough(
    {
      id: 'odd-answers',
      severity: 'ticket',
      meaning: 'Adobe refuses many connections one by one, and no other connection succeeds.',
      metric: measured('OddAnswers'),
    },
    // The reconciler looks every hour.
    2 * MINUTES_PER_HOUR,
  ),
  onceIsEnough(
    {
      id: 'credential-refused',
      severity: 'ticket',
      meaning: 'Adobe refused the credential or its scopes when a user returned from the consent page.',
      metric: measured('CredentialRefused'),
    },
    15,
  ),
  onceIsEnough(
    {
      id: 'not-configured',
      severity: 'ticket',
      meaning: 'A rotation was due and the client secret is not set.',
      metric: measured('NotConfigured'),
    },
    MINUTES_PER_HOUR,
  ),
  onceIsEnough(
    {
      id: 'keys-unavailable',
      severity: 'page',
      meaning: 'Rotations wait because KMS or Secrets Manager does not provide a key or the client secret.',
      metric: measured('RotationWaits', { reason: 'key-unavailable' }),
    },
    MINUTES_PER_HOUR,
  ),
  onceIsEnough(
    {
      id: 'clock-skew',
      severity: 'ticket',
      meaning:
        'The clock of a Lambda differs from that of DynamoDB by more than two seconds, so the Lambda does not rotate.',
      metric: measured('RotationWaits', { reason: 'clock-skew' }),
    },
    MINUTES_PER_HOUR,
  ),
];

/** What starts the work that is due. */
const DUE: readonly AlarmDefinition[] = [
  {
    id: 'reconciler-silent',
    severity: 'page',
    meaning: 'The reconciler completes no run: lost schedules are not repaired.',
    metric: measured('ReconcilerHeartbeat'),
    statistic: 'Sum',
    periodMinutes: MINUTES_PER_HOUR,
    periods: 2,
    comparison: 'below',
    threshold: 1,
    whenMissing: 'breaching',
    notifiesAfterMinutes: FIRST_RUN_MINUTES,
  },
  gauge(
    {
      id: 'connections-overdue',
      severity: 'ticket',
      meaning: 'For three hours the reconciler has found connections whose schedule did not fire.',
      metric: measured('OverdueConnections'),
    },
    { everyHours: 1, periods: 3 },
  ),
  onceIsEnough(
    {
      id: 'schedule-not-created',
      severity: 'ticket',
      meaning:
        'EventBridge Scheduler did not accept the schedule of a connection. The reconciler will repair it.',
      metric: measured('ScheduleNotCreated'),
    },
    MINUTES_PER_HOUR,
  ),
  onceIsEnough(
    {
      id: 'schedule-group-restored',
      severity: 'page',
      meaning: 'The schedule group was deleted with every schedule in it. The reconciler recreated it.',
      metric: measured('ScheduleGroupRestored'),
    },
    MINUTES_PER_HOUR,
  ),
  atLeast(
    3,
    {
      id: 'events-not-published',
      severity: 'ticket',
      meaning: 'EventBridge accepts no events from the vault. They wait in the table.',
      metric: measured('EventsNotPublished'),
    },
    MINUTES_PER_HOUR,
  ),
  {
    ...gauge(
      {
        id: 'dead-letters',
        severity: 'ticket',
        meaning: 'An invocation failed for good and is in the dead-letter queue.',
        metric: { from: 'dead-letters', name: 'ApproximateNumberOfMessagesVisible' },
      },
      { everyHours: 1 },
    ),
    periodMinutes: 5,
    whenMissing: 'notBreaching',
  },
];

/** What callers and users meet. */
const SERVICE: readonly AlarmDefinition[] = [
  atLeast(
    3,
    {
      id: 'rotate-errors',
      severity: 'page',
      meaning:
        'The function rotate throws or is killed. Three failed attempts of one schedule fire this alarm.',
      metric: lambda('rotate', 'Errors'),
    },
    MINUTES_PER_HOUR,
  ),
  atLeast(
    1,
    {
      id: 'rotate-throttled',
      severity: 'page',
      meaning: 'Lambda has throttled rotate for a quarter of an hour.',
      metric: lambda('rotate', 'Throttles'),
    },
    5,
    3,
  ),
  {
    id: 'rotate-slow',
    severity: 'ticket',
    meaning: 'A run of rotate exceeded its time budget of 52 seconds and came close to the limit of 55.',
    metric: lambda('rotate', 'Duration'),
    statistic: 'Maximum',
    periodMinutes: 15,
    periods: 1,
    comparison: 'atLeast',
    threshold: 53_000,
    whenMissing: 'notBreaching',
  },
  atLeast(
    3,
    {
      id: 'access-token-errors',
      severity: 'page',
      meaning: 'The function access-token throws or is killed.',
      metric: lambda('access-token', 'Errors'),
    },
    5,
  ),
  atLeast(
    5,
    {
      id: 'tokens-unavailable',
      severity: 'page',
      meaning: 'For a quarter of an hour callers have been answered to retry later.',
      metric: measured('Vends', { source: 'unavailable' }),
    },
    5,
    3,
  ),
  atLeast(
    3,
    {
      id: 'sign-ins-failing',
      severity: 'page',
      meaning: 'Users who sign in with Adobe reach a page that says the vault failed.',
      metric: measured('ConsentOutcomes', { outcome: 'vault_unavailable' }),
    },
    15,
  ),
  atLeast(
    5,
    {
      id: 'api-5xx',
      severity: 'page',
      meaning: 'The API has answered with server errors for a quarter of an hour.',
      metric: { from: 'api', name: '5xx' },
    },
    5,
    3,
  ),
];

/** Every alarm of a vault. Each has a section of the same name in `docs/operations.md`. */
export const ALARMS: readonly AlarmDefinition[] = [...GRANTS, ...ADOBE, ...DUE, ...SERVICE];

/** What a canary connection adds, in a vault that has one. It is rotated every six hours. */
export const CANARY_ALARMS: readonly AlarmDefinition[] = [
  onceIsEnough(
    {
      id: 'canary-refused',
      severity: 'ticket',
      meaning:
        'Adobe refused the canary connection although its user revoked nothing, or the connection does not exist.',
      metric: measured('CanaryRuns', { result: 'refused' }),
    },
    7 * MINUTES_PER_HOUR,
  ),
  {
    id: 'canary-silent',
    severity: 'ticket',
    meaning: 'Two rotations of the canary connection in a row did not happen or brought no token.',
    metric: measured('CanaryRuns', { result: 'rotated' }),
    statistic: 'Sum',
    periodMinutes: MINUTES_PER_HOUR,
    // One bad hour at Adobe costs one run: the run after it ends within thirteen hours of the one before it.
    periods: 13,
    comparison: 'below',
    threshold: 1,
    whenMissing: 'breaching',
    notifiesAfterMinutes: FIRST_RUN_MINUTES,
  },
];

/** The description that an operator reads first. It begins with the severity, so that a subscription can filter by it. */
export function alarmDescription({ id, severity, meaning }: AlarmDefinition): string {
  return `${severity}: ${meaning} What to do: ${OPERATIONS_PAGE}#${id}`;
}
