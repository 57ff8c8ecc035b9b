import type { AwsCall } from '../../../../local/aws/aws-call.ts';
import type { Bench } from '../bench.ts';
import type { Scenario } from '../scenario.ts';
import { rotateNow } from './steps.ts';

/** Writes that would store a new refresh token. */
function storesToken(call: AwsCall): boolean {
  const { TableName, ...rest } = call.json() as { TableName?: string };
  return (
    call.operation === 'UpdateItem' && JSON.stringify(rest).includes('commitIds') && TableName !== undefined
  );
}

function failEveryCommit(bench: Bench): void {
  bench.stack.faults.next({
    service: 'dynamodb',
    when: storesToken,
    times: 10_000,
    effect: { kind: 'error', code: 'InternalServerError', status: 500 },
  });
}

export const GRANT_SCENARIOS: readonly Scenario[] = [
  {
    id: 'successor-lost',
    slow: true,
    fault: 'DynamoDB and Scheduler refuse every write until the run has to end',
    async breaks(bench) {
      failEveryCommit(bench);
      bench.stack.faults.next({
        service: 'scheduler',
        times: 10_000,
        effect: { kind: 'error', code: 'InternalServerException', status: 500 },
      });
      await bench.rotate('demo.alice');
    },
    async repairs(bench, runbook) {
      runbook.logged('A successor could not be stored anywhere.');
      bench.stack.faults.clear();
      await bench.passMinutes(10);
      // This Adobe ends a token that was used. "Otherwise this user has to consent again."
      await rotateNow(bench, 'demo.alice', 1);
      await bench.consentAgain();
    },
    quietAfterHours: 2,
  },
  {
    id: 'successor-parked',
    slow: true,
    fault: 'DynamoDB refuses every write of a new refresh token for a while',
    async breaks(bench) {
      failEveryCommit(bench);
      await bench.rotate('demo.alice');
    },
    async repairs(bench) {
      bench.stack.faults.clear();
    },
    quietAfterHours: 1,
  },
  {
    id: 'parked-envelope-refused',
    fault: 'A caller plants an envelope that was sealed for another connection',
    async breaks(bench) {
      const planted = await bench.parkedInput('demo.alice', 'demo.bob');
      await bench.stack.invoke('rotate:schedules', planted);
    },
    async repairs(bench) {
      await bench.passMinutes(1);
    },
    quietAfterHours: 1,
  },
  {
    id: 'seal-broken',
    fault: 'A byte of a sealed refresh token is changed in the table',
    async breaks(bench) {
      await bench.breakSeal('demo.alice');
      await bench.rotate('demo.alice');
    },
    async repairs(bench, runbook) {
      const values = { id: 'demo.alice', moment: bench.momentBeforeDamage() };
      const restore = bench.linked('Point-in-time restore');
      await restore.run('aws dynamodb restore-table-to-point-in-time', { values });
      await restore.run('aws dynamodb wait table-exists');
      if (!(await runbook.run('aws --version')).startsWith('aws-cli/2'))
        throw new Error('AWS CLI 2 is needed');
      const compare = async (query: string) => {
        const [stored, restored] = await Promise.all(
          ['--table-name <Connections> ', '--table-name <Connections>-restored '].map((of) =>
            runbook.run(`aws dynamodb get-item ${of}`, { values, containing: query }),
          ),
        );
        if (stored !== restored) throw new Error(`${query} differs: ${stored}, ${restored}`);
      };
      await compare('Item.version.N');
      await compare('Item.generation.S');
      await runbook.run('aws dynamodb get-item', { values, containing: '> item.json' });
      await runbook.run('aws dynamodb put-item', { values });
      await restore.run('aws dynamodb delete-table');
      await rotateNow(bench, 'demo.alice');
    },
    quietAfterHours: 9,
  },
  {
    id: 'scopes-shrank',
    fault: 'Adobe renews a token without a scope that the user had granted',
    async breaks(bench) {
      bench.world.ims.user('alice').profile({ refresh: { withheldScopes: ['lr_partner_apis'] } });
      await bench.rotate('demo.alice');
    },
    async repairs(bench) {
      bench.world.ims.user('alice').profile({ refresh: { withheldScopes: [] } });
      await rotateNow(bench, 'demo.alice');
    },
    quietAfterHours: 2,
  },
];
