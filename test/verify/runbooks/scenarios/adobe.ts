import type { ImsFault } from '../../../../local/ims/faults.ts';
import type { Bench } from '../bench.ts';
import type { Scenario } from '../scenario.ts';
import { CLIENT_SECRET, rotateNow, storeSecret } from './steps.ts';

const WRONG_SECRET = 'a-secret-that-adobe-replaced';

function oauthError(error: string): ImsFault {
  return { kind: 'error', status: 400, body: { error } };
}

function refuseRefreshes(bench: Bench, error: string, user?: string): void {
  bench.world.ims.faults.always(oauthError(error), {
    grantType: 'refresh_token',
    ...(user !== undefined && { user }),
  });
}

/** Adobe knows another secret than the vault. */
function replaceAtAdobe(bench: Bench): void {
  bench.world.ims.profile({ credential: { clientSecrets: [WRONG_SECRET] } });
}

function acceptAtAdobe(bench: Bench): void {
  bench.world.ims.profile({ credential: { clientSecrets: [CLIENT_SECRET] } });
}

export const ADOBE_SCENARIOS: readonly Scenario[] = [
  {
    id: 'connection-degraded',
    fault: 'Adobe answers one connection with `invalid_scope`',
    async breaks(bench) {
      refuseRefreshes(bench, 'invalid_scope', 'alice');
      for (let tries = 0; tries < 6 && bench.stateOf('connection-degraded') !== 'ALARM'; tries += 1) {
        await bench.rotate('demo.alice');
        await bench.passMinutes(5);
      }
    },
    async repairs(bench, runbook) {
      runbook.logged('A refresh brought no tokens.');
      bench.world.ims.faults.clear();
      await rotateNow(bench, 'demo.alice');
    },
    quietAfterHours: 3,
  },
  {
    id: 'credential-breaker-open',
    fault: 'The client secret was replaced at Adobe, and the vault has the old one',
    async breaks(bench) {
      replaceAtAdobe(bench);
      await bench.rotate('demo.alice');
      await bench.passHours(1.1);
    },
    async repairs(bench, runbook) {
      runbook.logged('A breaker opened');
      await storeSecret(bench, WRONG_SECRET);
      await rotateNow(bench, 'demo.alice');
      acceptAtAdobe(bench);
      await storeSecret(bench);
      await rotateNow(bench, 'demo.alice');
    },
    quietAfterHours: 3,
  },
  {
    id: 'odd-answers',
    slow: true,
    fault: 'Adobe answers every connection with `invalid_scope`',
    async breaks(bench) {
      refuseRefreshes(bench, 'invalid_scope');
      for (const id of bench.connections) await bench.rotate(id);
      await bench.passHours(1.1);
    },
    async repairs(bench, runbook) {
      runbook.logged('Adobe answers many connections oddly');
      runbook.logged('A refresh brought no tokens.');
      bench.world.ims.faults.clear();
      for (const id of bench.connections) await rotateNow(bench, id);
    },
    quietAfterHours: 4,
  },
  {
    id: 'credential-refused',
    fault: 'Adobe refuses the client secret when a user returns from the consent page',
    async breaks(bench) {
      replaceAtAdobe(bench);
      await bench.world.signIn('bob');
    },
    async repairs(bench) {
      await storeSecret(bench, WRONG_SECRET);
      await bench.world.signIn('bob');
      acceptAtAdobe(bench);
      await storeSecret(bench);
      await rotateNow(bench, 'demo.alice');
    },
    quietAfterHours: 3,
  },
  {
    id: 'not-configured',
    fault: 'The client secret is stored without its quotes',
    async breaks(bench) {
      bench.files.set('secret.json', Buffer.from('{clientSecret:lost-quotes}'));
      await bench.aws(
        `aws secretsmanager put-secret-value --secret-id ${bench.clientSecretName} --secret-string file://secret.json`,
      );
      await bench.stack.kill('rotate');
      await bench.rotate('demo.alice');
    },
    async repairs(bench, runbook) {
      expectText(await runbook.run('npx adobe-token-vault doctor', { code: 1 }), 'client-secret');
      await storeSecret(bench);
      await rotateNow(bench, 'demo.alice');
    },
    quietAfterHours: 2,
  },
  {
    id: 'keys-unavailable',
    fault: 'The refresh key is scheduled for deletion, then the client secret',
    async breaks(bench) {
      await bench.aws(`aws kms schedule-key-deletion --key-id ${bench.variables.REFRESH_KEY_ARN}`);
      await bench.rotate('demo.alice');
    },
    async repairs(bench, runbook) {
      const key = bench.variables.REFRESH_KEY_ARN ?? '';
      await runbook.run('aws kms cancel-key-deletion', { values: { key } });
      await runbook.run('aws kms enable-key', { values: { key } });
      await rotateNow(bench, 'demo.alice');

      await bench.aws(`aws secretsmanager delete-secret --secret-id ${bench.clientSecretName}`);
      await bench.stack.kill('rotate');
      await bench.rotate('demo.alice');
      await runbook.run('aws secretsmanager restore-secret', { values: { secret: bench.clientSecretName } });
      await rotateNow(bench, 'demo.alice');
    },
    quietAfterHours: 2,
  },
  {
    id: 'clock-skew',
    fault: 'The answers of DynamoDB are dated ten seconds ahead of one Lambda’s clock',
    async breaks(bench) {
      bench.stack.faults.next({
        service: 'dynamodb',
        times: 20,
        effect: { kind: 'date', offsetMs: 10_000 },
      });
      await bench.rotate('demo.alice');
      bench.stack.faults.clear();
    },
    async repairs(bench) {
      await bench.stack.kill('rotate');
      await rotateNow(bench, 'demo.alice');
    },
    quietAfterHours: 2,
  },
  {
    id: 'outage-breaker-open',
    slow: true,
    fault: 'Adobe closes the connection on every refresh',
    async breaks(bench) {
      bench.world.ims.faults.always({ kind: 'cut-before-processing' }, { grantType: 'refresh_token' });
      for (const id of bench.connections) await bench.rotate(id);
      await bench.passHours(4);
    },
    async repairs(bench) {
      // Adobe comes back, and the next trial is at most an hour away.
      bench.world.ims.faults.clear();
      await bench.passHours(1.5);
      for (let answers = 0; answers < 6; answers += 1) {
        await rotateNow(bench, bench.connections[answers % bench.connections.length] ?? '');
        await bench.passMinutes(2);
      }
    },
    quietAfterHours: 5,
  },
];

function expectText(text: string, part: string): void {
  if (!text.includes(part)) throw new Error(`expected ${part} in:\n${text}`);
}
