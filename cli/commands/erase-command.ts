import type { Command } from 'commander';
import type { EraseSubjectResponse } from '../../client/contract.ts';
import { EXIT_CODES } from '../cli-error.ts';
import type { RunCommand } from '../cli-session.ts';
import { placeInWords } from '../find-vault.ts';
import { confirm } from '../user-input.ts';

function unknownOwnersInWords({ unknownOwners }: EraseSubjectResponse): string {
  if (unknownOwners === 0) return '';
  return `
The owner of ${unknownOwners} connections is unknown, because they were imported without a sub. If one belongs to this person, disconnect it by its id.`;
}

export function addErase(program: Command, run: RunCommand): void {
  program
    .command('erase')
    .description('Disconnects every connection of one person, in all tenants (docs/privacy.md).')
    .argument('<sub>', "the person's sub at Adobe, exactly as `show` prints it")
    .option('--yes', 'do not ask for confirmation')
    .action((sub: string, { yes = false }: { yes?: boolean }) =>
      run(async ({ world, place, api, output }) => {
        const sentence = async () =>
          `Every connection of ${sub} in ${placeInWords(await place())} will be unusable at once, in every tenant.`;
        await confirm(world, { yes, sentence, word: sub });
        const receipt = await (await api()).erase({ sub });
        output.result(
          { sub, ...receipt },
          `${receipt.connections} connections of ${sub} are disconnected. Their tokens are being revoked at Adobe.
A consent may still be under way. Run erase again after ${receipt.repeatAfter}: it must find 0.${unknownOwnersInWords(receipt)}`,
        );
        return EXIT_CODES.ok;
      }),
    );
}
