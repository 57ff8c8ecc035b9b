import type { Command } from 'commander';
import { EXIT_CODES } from '../cli-error.ts';
import type { RunCommand } from '../cli-session.ts';
import { placeInWords } from '../find-vault.ts';
import { confirm } from '../user-input.ts';

export function addDisconnect(program: Command, run: RunCommand): void {
  program
    .command('disconnect')
    .description('Makes a connection unusable at once. The vault then revokes its tokens at Adobe.')
    .argument('<connection>', 'connection id')
    .option('--yes', 'do not ask for confirmation')
    .action((connectionId: string, { yes = false }: { yes?: boolean }) =>
      run(async ({ world, place, api, output }) => {
        const sentence = async () =>
          `${connectionId} in ${placeInWords(await place())} will be unusable at once. Only a new consent of the user restores it.`;
        await confirm(world, { yes, sentence, word: connectionId });
        const answer = await (await api()).disconnect(connectionId);
        output.result(
          answer,
          `${connectionId} is ${answer.state}. Apps that cache its token may use it for up to five more minutes.`,
        );
        return EXIT_CODES.ok;
      }),
    );
}
