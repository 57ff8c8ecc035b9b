import { type Finding, fault, notKnown, ok, orOk, warning } from '../finding.ts';
import { HEARTBEAT_HOURS, type VaultFacts } from '../vault-facts.ts';

const DEPLOY = 'Deploy the vault again: npx cdk deploy.';

export function checkAlarmGroup({ alarms, hasConnections }: VaultFacts): readonly Finding[] {
  if (!alarms.known) return [notKnown('alarm-group', alarms)];
  if (alarms.value === undefined) {
    const message = 'The schedule group is gone, and with it the alarm of every connection.';
    const remedy =
      'Run the guard, which makes it anew and re-arms: aws lambda invoke --function-name <vault>-guard.';
    return [fault('alarm-group', message, remedy)];
  }
  if (alarms.value.length === 0 && hasConnections.known && hasConnections.value) {
    const message = 'There are connections, and not one alarm that would wake them.';
    return [
      warning('alarm-group', message, 'The guard gives them new ones within hours; see to its heartbeat.'),
    ];
  }
  const some = alarms.value.length > 0 ? ' and holds alarms' : '; nobody needs an alarm yet';
  return [ok('alarm-group', `It is there${some}.`)];
}

export function checkGuardSchedule({ guardSchedules, functions }: VaultFacts): readonly Finding[] {
  if (!guardSchedules.known) return [notKnown('guard-schedule', guardSchedules)];
  const guardArn = functions.guard.known ? functions.guard.value?.functionArn : undefined;
  const meant = (guardSchedules.value ?? []).filter(
    ({ targetArn }) => guardArn === undefined || targetArn === guardArn,
  );
  const found = meant.some(({ enabled }) => enabled)
    ? []
    : [
        fault(
          'guard-schedule',
          meant.length === 0
            ? 'Nothing runs the guard: its schedule is gone.'
            : "The guard's schedule is disabled.",
          meant.length === 0 ? DEPLOY : `Enable it in the console of EventBridge Scheduler. ${DEPLOY}`,
        ),
      ];
  return orOk(found, 'guard-schedule', 'The guard is run every hour.');
}

export function checkHeartbeat({ guardRuns }: VaultFacts): readonly Finding[] {
  if (!guardRuns.known) return [notKnown('guard-heartbeat', guardRuns)];
  const { value } = guardRuns;
  if (value > 0)
    return [ok('guard-heartbeat', `${value} complete runs in the last ${HEARTBEAT_HOURS} hours.`)];
  const message = `The guard has not come to its end for ${HEARTBEAT_HOURS} hours: alarms that get lost are found by nobody.`;
  const remedy =
    'Read the log of <vault>-guard: docs/operations.md, guard-silent. A vault younger than an hour has had no run yet.';
  return [fault('guard-heartbeat', message, remedy)];
}
