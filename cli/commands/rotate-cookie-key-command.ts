import type { Command } from 'commander';
import { createSecretsClient } from '../../functions/adapters/aws/clients.ts';
import { createCookieKeyStore } from '../../functions/adapters/secrets-manager/cookie-key.ts';
import { createSystemRandom } from '../../functions/adapters/system/clock-and-random.ts';
import { dropPreviousCookieKey, rotateCookieKey } from '../../functions/core/consent/replace-cookie-key.ts';
import { EXIT_CODES } from '../cli-error.ts';
import { functionVariable, type RunCommand } from '../cli-session.ts';

const ROTATED = `A new key is in use. The previous key is still accepted.
After an hour or more, run: adobe-token-vault rotate-cookie-key --drop-previous`;

export function addRotateCookieKey(program: Command, run: RunCommand): void {
  program
    .command('rotate-cookie-key')
    .description('Creates a new key for sign-in cookies. Sign-ins under way complete with the previous key.')
    .option('--drop-previous', 'stop accepting the previous key; creates no new one')
    .action(({ dropPrevious = false }: { readonly dropPrevious?: boolean }) =>
      run(async (session) => {
        const secretId = await functionVariable(session, 'authorize', 'COOKIE_KEY_SECRET_ID');
        const cookieKey = createCookieKeyStore({
          client: createSecretsClient(await session.aws()),
          secretId,
        });
        if (dropPrevious) {
          const outcome = await dropPreviousCookieKey(cookieKey);
          const words =
            outcome === 'dropped' ? 'Only the present key is accepted now.' : 'There is only one key.';
          session.output.result({ outcome }, words);
        } else {
          await rotateCookieKey({ cookieKey, random: createSystemRandom() });
          session.output.result({ outcome: 'rotated' }, ROTATED);
        }
        return EXIT_CODES.ok;
      }),
    );
}
