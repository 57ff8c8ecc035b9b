import { error, type Finding, notKnown, ok, orOk, warning } from '../finding.ts';
import { HEARTBEAT_HOURS, type VaultFacts } from '../vault-facts.ts';

const DEPLOY = 'Deploy the vault again: npx cdk deploy.';

export function checkScheduleGroup({ schedules, hasConnections }: VaultFacts): readonly Finding[] {
  if (!schedules.known) return [notKnown('schedule-group', schedules)];
  if (schedules.value === undefined) {
    const message = 'The schedule group is gone, and with it the schedule of every connection.';
    const remedy =
      'Run the reconciler, which recreates it and reschedules: aws lambda invoke --function-name <vault>-reconcile.';
    return [error('schedule-group', message, remedy)];
  }
  if (schedules.value.length === 0 && hasConnections.known && hasConnections.value) {
    const message = 'There are connections, and not one schedule that would run them.';
    return [
      warning(
        'schedule-group',
        message,
        'The reconciler gives them new ones within hours; see to its heartbeat.',
      ),
    ];
  }
  const some = schedules.value.length > 0 ? ' and holds schedules' : '; no connection needs one yet';
  return [ok('schedule-group', `It is there${some}.`)];
}

export function checkReconcilerSchedule({ reconcilerSchedules, functions }: VaultFacts): readonly Finding[] {
  if (!reconcilerSchedules.known) return [notKnown('reconciler-schedule', reconcilerSchedules)];
  const reconcileArn = functions.reconcile.known ? functions.reconcile.value?.functionArn : undefined;
  const meant = (reconcilerSchedules.value ?? []).filter(
    ({ targetArn }) => reconcileArn === undefined || targetArn === reconcileArn,
  );
  const found = meant.some(({ enabled }) => enabled)
    ? []
    : [
        error(
          'reconciler-schedule',
          meant.length === 0
            ? 'Nothing runs the reconciler: its schedule is gone.'
            : "The reconciler's schedule is disabled.",
          meant.length === 0 ? DEPLOY : `Enable it in the console of EventBridge Scheduler. ${DEPLOY}`,
        ),
      ];
  return orOk(found, 'reconciler-schedule', 'The reconciler is run every hour.');
}

export function checkHeartbeat({ reconcilerRuns }: VaultFacts): readonly Finding[] {
  if (!reconcilerRuns.known) return [notKnown('reconciler-heartbeat', reconcilerRuns)];
  const { value } = reconcilerRuns;
  if (value > 0)
    return [ok('reconciler-heartbeat', `${value} complete runs in the last ${HEARTBEAT_HOURS} hours.`)];
  const message = `The reconciler has not come to its end for ${HEARTBEAT_HOURS} hours: lost schedules are found by nothing.`;
  const remedy =
    'Read the log of <vault>-reconcile: docs/operations.md, reconciler-silent. A vault younger than an hour has had no run yet.';
  return [error('reconciler-heartbeat', message, remedy)];
}
