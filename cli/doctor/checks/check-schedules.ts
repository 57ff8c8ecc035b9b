import { error, type Finding, notKnown, ok, orOk, warning } from '../finding.ts';
import { HEARTBEAT_HOURS, type VaultFacts } from '../vault-facts.ts';

const DEPLOY = 'Redeploy the vault: `npx cdk deploy <vault> --revert-drift`.';

export function checkScheduleGroup(facts: VaultFacts): readonly Finding[] {
  const { schedules, hasConnections } = facts;
  if (!schedules.known) return [notKnown('schedule-group', schedules)];
  if (schedules.value === undefined) {
    const message = 'The schedule group was deleted, and with it the schedule of every connection.';
    const command = `aws lambda invoke --function-name ${reconcilerOf(facts)} --cli-read-timeout 0 /dev/stdout`;
    const remedy = `Run the reconciler. It recreates the group and the schedules: \`${command}\`. It fails while AWS still deletes the group: run it again after a minute.`;
    return [error('schedule-group', message, remedy)];
  }
  if (schedules.value.length === 0 && hasConnections.known && hasConnections.value) {
    const message = 'There are connections, but no schedule.';
    return [
      warning(
        'schedule-group',
        message,
        'The reconciler reschedules them within hours. See the finding reconciler-heartbeat.',
      ),
    ];
  }
  const content =
    schedules.value.length > 0 ? 'with schedules' : 'without schedules: no connection needs one yet';
  return [ok('schedule-group', `It exists, ${content}.`)];
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
            ? 'The schedule of the reconciler was deleted: nothing runs it.'
            : "The reconciler's schedule is disabled.",
          meant.length === 0 ? DEPLOY : `Enable it in the console of EventBridge Scheduler. ${DEPLOY}`,
        ),
      ];
  return orOk(found, 'reconciler-schedule', 'It runs the reconciler every hour.');
}

export function checkHeartbeat(facts: VaultFacts): readonly Finding[] {
  const { reconcilerRuns } = facts;
  if (!reconcilerRuns.known) return [notKnown('reconciler-heartbeat', reconcilerRuns)];
  const { value } = reconcilerRuns;
  if (value > 0)
    return [ok('reconciler-heartbeat', `${value} complete runs in the last ${HEARTBEAT_HOURS} hours.`)];
  const message = `The reconciler has not completed a run for ${HEARTBEAT_HOURS} hours, so lost schedules are not repaired.`;
  const remedy = `Read the log of ${reconcilerOf(facts)}: docs/operations.md, reconciler-silent. In the first hour of a vault there is no run yet.`;
  return [error('reconciler-heartbeat', message, remedy)];
}

/** The name of the reconciler's function, as far as it is known. */
function reconcilerOf({ functions: { reconcile } }: VaultFacts): string {
  const functionArn = reconcile.known ? reconcile.value?.functionArn : undefined;
  return functionArn?.split(':')[6] ?? '<vault>-reconcile';
}
