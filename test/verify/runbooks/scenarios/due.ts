import type { Bench } from '../bench.ts';
import type { Scenario } from '../scenario.ts';
import { passUntilFiring, purgeDeadLetters, rotateNow, withholdRotate } from './steps.ts';

const GROUP = 'AdobeTokenVault';
const RECONCILER_GROUP = `${GROUP}-reconcile`;

async function switchReconciler(bench: Bench, state: 'ENABLED' | 'DISABLED'): Promise<void> {
  const printed = await bench.aws(
    `aws scheduler list-schedules --group-name ${RECONCILER_GROUP} --query Schedules`,
  );
  const [{ Name = '' } = {}] = JSON.parse(printed) as { Name?: string }[];
  const schedule = JSON.parse(
    await bench.aws(`aws scheduler get-schedule --group-name ${RECONCILER_GROUP} --name ${Name}`),
  ) as Record<string, unknown>;
  const { Arn: _, CreationDate: _created, LastModificationDate: _modified, ...input } = schedule;
  bench.files.set('target.json', Buffer.from(JSON.stringify(input.Target)));
  bench.files.set('window.json', Buffer.from(JSON.stringify(input.FlexibleTimeWindow)));
  await bench.aws(
    `aws scheduler update-schedule --group-name ${RECONCILER_GROUP} --name ${Name} --state ${state} ` +
      `--schedule-expression '${String(input.ScheduleExpression)}' --target file://target.json ` +
      '--flexible-time-window file://window.json',
  );
}

/** Its event waits to be published, so that it is due within minutes. */
async function connectDueSoon(bench: Bench, connectionId: string): Promise<void> {
  bench.stack.faults.next({
    service: 'events',
    times: 2,
    effect: { kind: 'error', code: 'AccessDeniedException' },
  });
  await bench.world.connect(connectionId, 'bob');
}

let putBack: () => void = () => undefined;

/** Nothing rotates for hours. Adobe answers all the time. */
export const NOTHING_FIRES: readonly Scenario[] = [
  {
    id: 'dead-letters',
    fault: 'Scheduler may not invoke `rotate`, and schedules fire',
    async breaks(bench) {
      putBack = withholdRotate(bench);
      await connectDueSoon(bench, 'demo.soon');
      await bench.passHours(1);
      bench.stack.faults.clear();
    },
    async repairs(_, runbook) {
      const url = await runbook.run('aws sqs get-queue-url');
      const values = { url };
      const messages = await runbook.run('aws sqs receive-message', { values });
      if (!messages.includes('ERROR_CODE')) throw new Error(messages);
      await runbook.run('aws sqs purge-queue', { values });
    },
    quietAfterHours: 0,
    goesOn: true,
  },
  {
    id: 'connections-overdue',
    fault: 'Scheduler may not invoke `rotate` for hours',
    breaks: (bench) => passUntilFiring(bench, 'connections-overdue', 2, 'hourly'),
    async repairs(bench) {
      // "Deploy again", as rotate-errors says.
      putBack();
      await bench.passHours(2);
      await purgeDeadLetters(bench);
    },
    quietAfterHours: 4,
  },
];

/** Nothing rotates for two weeks, and one alarm fires after the other. */
export const NOTHING_ROTATES: readonly Scenario[] = [
  {
    id: 'fleet-safety-low',
    slow: true,
    fault: 'Scheduler may not invoke `rotate` for days',
    async breaks(bench) {
      putBack = withholdRotate(bench);
      await passUntilFiring(bench, 'fleet-safety-low', 14);
    },
    repairs: async () => undefined,
    quietAfterHours: 0,
    goesOn: true,
  },
  {
    id: 'at-risk',
    slow: true,
    fault: 'Scheduler may not invoke `rotate` until the grants have three days left',
    breaks: (bench) => passUntilFiring(bench, 'at-risk', 3),
    async repairs(_, runbook) {
      await runbook.run('npx adobe-token-vault list --at-risk-within 72h');
    },
    quietAfterHours: 0,
    goesOn: true,
  },
  {
    id: 'hours-of-safety-low',
    slow: true,
    fault: 'Scheduler may not invoke `rotate` until the grants have two days left',
    breaks: (bench) => passUntilFiring(bench, 'hours-of-safety-low', 3),
    async repairs(bench, runbook) {
      const listed = await runbook.run('npx adobe-token-vault list --at-risk-within 48h');
      const [id = ''] = bench.connections.filter((each) => listed.includes(each));
      await rotateNow(bench, id);
    },
    quietAfterHours: 0,
    goesOn: true,
  },
  {
    id: 'expired',
    slow: true,
    fault: 'Scheduler may not invoke `rotate` until the grants have expired',
    breaks: (bench) => passUntilFiring(bench, 'expired', 4),
    async repairs(bench) {
      // "Deploy again", as rotate-errors says.
      putBack();
      await bench.passHours(8);
      await purgeDeadLetters(bench);
      // Adobe refuses what has expired, and the apps ask their users.
      await bench.consentAgain();
    },
    quietAfterHours: 14,
  },
];

export const DUE_SCENARIOS: readonly Scenario[] = [
  {
    id: 'reconciler-silent',
    fault: 'The reconciler’s schedule is disabled',
    async breaks(bench) {
      await switchReconciler(bench, 'DISABLED');
      await bench.passHours(2.2);
    },
    async repairs(bench, runbook) {
      const schedules = await runbook.run('aws scheduler list-schedules');
      if (!schedules.includes('DISABLED')) throw new Error(schedules);
      // "Deploy again."
      await switchReconciler(bench, 'ENABLED');
      await bench.procedure('Run the reconciler now.').run('aws lambda invoke');
    },
    quietAfterHours: 1,
  },
  {
    id: 'schedule-not-created',
    fault: 'The account has no room for more schedules',
    async breaks(bench) {
      bench.stack.faults.next({
        service: 'scheduler',
        operation: 'CreateSchedule',
        times: 10_000,
        effect: { kind: 'error', code: 'ServiceQuotaExceededException', status: 402 },
      });
      await bench.world.connect('demo.unscheduled', 'bob');
    },
    async repairs(bench) {
      bench.stack.faults.clear();
    },
    quietAfterHours: 2,
  },
  {
    id: 'schedule-group-restored',
    fault: 'The schedule group is deleted with every schedule in it',
    async breaks(bench) {
      await connectDueSoon(bench, 'demo.lost');
      bench.stack.scheduler.deleteGroup(GROUP);
      bench.stack.faults.clear();
      await passUntilFiring(bench, 'schedule-group-restored', 1, 'hourly');
    },
    async repairs(bench) {
      await bench.passHours(1);
    },
    quietAfterHours: 3,
  },
  {
    id: 'events-not-published',
    fault: 'The vault may no longer publish on the bus',
    async breaks(bench) {
      bench.stack.faults.next({
        service: 'events',
        times: 1_000,
        effect: { kind: 'error', code: 'AccessDeniedException' },
      });
      for (const id of ['demo.new-1', 'demo.new-2', 'demo.new-3']) await bench.world.connect(id, 'bob');
      await passUntilFiring(bench, 'events-not-published', 1);
    },
    async repairs(bench) {
      bench.stack.faults.clear();
      await rotateNow(bench, 'demo.new-1');
    },
    quietAfterHours: 2,
  },
];
