import type { Bench } from '../bench.ts';
import type { Scenario } from '../scenario.ts';
import { rotateNow } from './steps.ts';

const DEPLOYING = 'docs/guides/deploying.md';
const THREE_PERIODS = 3;

/** A deployment whose version cannot start. */
function deployBroken(bench: Bench, functionName: string): void {
  bench.stack.functions.get(functionName).versions.publish({ CLIENT_ID: '', ACCESS_TOKENS_TABLE: '' });
}

/** Five calls in each of three periods of five minutes. */
async function callOverThreePeriods(bench: Bench, call: () => Promise<unknown>): Promise<void> {
  for (let period = 0; period < THREE_PERIODS; period += 1) {
    for (let times = 0; times < 5; times += 1) await call().catch(() => undefined);
    if (period < THREE_PERIODS - 1) await bench.passMinutes(5);
  }
}

function readToken(bench: Bench, connectionId: string): Promise<unknown> {
  return bench.world.clientAs('LightroomReaderRole').getAccessToken(connectionId);
}

export const SERVICE_SCENARIOS: readonly Scenario[] = [
  {
    id: 'rotate-errors',
    fault: 'A deployment brings a version of `rotate` that does not start',
    async breaks(bench) {
      deployBroken(bench, 'rotate');
      for (let times = 0; times < 3; times += 1) await bench.rotate('demo.alice');
    },
    async repairs(bench) {
      const goingBack = bench.linked('Going back', DEPLOYING);
      const of = (name: string) => ({ values: { function: 'rotate', alias: name, 'the previous one': '1' } });
      await goingBack.run('aws lambda list-versions-by-function', of('live'));
      await goingBack.run('aws lambda get-alias', of('live'));
      await goingBack.run('aws lambda update-alias --function-name <vault>-rotate --name live', of('live'));
      await goingBack.run(
        'aws lambda update-alias --function-name <vault>-rotate --name schedules',
        of('schedules'),
      );
      await rotateNow(bench, 'demo.alice');
    },
    quietAfterHours: 2,
  },
  {
    id: 'rotate-throttled',
    fault: 'Other functions take the account’s whole concurrency',
    async breaks(bench) {
      bench.stack.concurrency.exhaust();
      await callOverThreePeriods(bench, () => bench.rotate('demo.alice'));
    },
    async repairs(bench) {
      bench.stack.concurrency.restore();
      await rotateNow(bench, 'demo.alice');
    },
    quietAfterHours: 2,
  },
  {
    id: 'access-token-errors',
    fault: 'A deployment brings a version of `access-token` that does not start',
    async breaks(bench) {
      deployBroken(bench, 'access-token');
      for (let times = 0; times < 3; times += 1) await bench.readOverHttp('demo.alice');
    },
    async repairs(bench) {
      const values = { function: 'access-token', 'the previous one': '1' };
      await bench
        .linked('Going back', DEPLOYING)
        .run('aws lambda update-alias --function-name <vault>-<function>', { values });
    },
    quietAfterHours: 1,
  },
  {
    id: 'tokens-unavailable',
    fault: 'The access key is disabled',
    async breaks(bench) {
      await bench.aws(`aws kms disable-key --key-id ${bench.variables.ACCESS_KEY_ARN}`);
      await callOverThreePeriods(bench, () => bench.readOverHttp('demo.alice'));
    },
    async repairs(bench) {
      const values = { key: bench.variables.ACCESS_KEY_ARN ?? '' };
      await bench.runbook('keys-unavailable').run('aws kms enable-key', { values });
      await readToken(bench, 'demo.alice');
    },
    quietAfterHours: 2,
  },
  {
    id: 'sign-ins-failing',
    fault: 'The secret of the cookie key is scheduled for deletion',
    async breaks(bench) {
      const secret = bench.stack.functions.get('authorize').definition.environment.COOKIE_KEY_SECRET_ID;
      await bench.aws(`aws secretsmanager delete-secret --secret-id ${secret}`);
      await bench.stack.kill('authorize');
      for (let times = 0; times < 3; times += 1) await bench.world.signIn('bob');
    },
    async repairs(bench) {
      const secret = bench.stack.functions.get('authorize').definition.environment.COOKIE_KEY_SECRET_ID ?? '';
      await bench
        .runbook('keys-unavailable')
        .run('aws secretsmanager restore-secret', { values: { secret } });
      await bench.world.signIn('bob');
    },
    quietAfterHours: 1,
  },
  {
    id: 'api-5xx',
    fault: 'Other functions take the account’s whole concurrency, and callers ask for states',
    async breaks(bench) {
      bench.stack.concurrency.exhaust();
      await callOverThreePeriods(bench, () => bench.world.api.status('demo.alice'));
    },
    async repairs(bench) {
      bench.stack.concurrency.restore();
      await bench.world.api.status('demo.alice');
    },
    quietAfterHours: 1,
  },
];
