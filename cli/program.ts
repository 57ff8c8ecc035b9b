import { Command } from 'commander';
import type { ExitCode } from './cli-error.ts';
import { createSession, type RunCommand } from './cli-session.ts';
import { type CliWorld, DEFAULT_STACK, type GlobalOptions } from './cli-world.ts';
import { addConnect } from './commands/connect-command.ts';
import { addDisconnect } from './commands/disconnect-command.ts';
import { addDoctor } from './commands/doctor-command.ts';
import { addErase } from './commands/erase-command.ts';
import { addImport } from './commands/import-command.ts';
import { addList } from './commands/list-command.ts';
import { addProbe } from './commands/probe-command.ts';
import { addReseal } from './commands/reseal-command.ts';
import { addRestore } from './commands/restore-command.ts';
import { addRotate } from './commands/rotate-command.ts';
import { addRotateCookieKey } from './commands/rotate-cookie-key-command.ts';
import { addShow } from './commands/show-command.ts';
import { addVerify } from './commands/verify-command.ts';
import { addWhy } from './commands/why-command.ts';

/** The whole command line. `docs/generated/cli.md` is written from this definition. */
export function createProgram(world: CliWorld, endWith: (code: ExitCode) => void): Command {
  const program = new Command('adobe-token-vault')
    .description('Operates an Adobe token vault: checks it, lists its connections, and maintains them.')
    .option(
      '--stack <name>',
      'CloudFormation stack of the vault',
      world.env.ADOBE_TOKEN_VAULT_STACK ?? DEFAULT_STACK,
    )
    .option('--region <region>', 'AWS region (default: from the AWS configuration)')
    .option(
      '--url <url>',
      "URL of the vault's API, if you may not read the stack (default: the stack's output ApiUrl)",
    )
    .option(
      '--endpoint <url>',
      'endpoint of all AWS services, such as the local stack: http://127.0.0.1:<port>',
    )
    .option('--json', 'print one JSON document')
    .helpCommand(false)
    .exitOverride()
    .configureOutput({ writeOut: world.stdout, writeErr: world.stderr });
  const run: RunCommand = async (work) => {
    endWith(await work(createSession(world, program.opts<GlobalOptions>())));
  };
  for (const add of [
    addDoctor,
    addVerify,
    addList,
    addShow,
    addWhy,
    addConnect,
    addRotate,
    addDisconnect,
    addErase,
    addImport,
    addRestore,
    addProbe,
    addReseal,
    addRotateCookieKey,
  ])
    add(program, run);
  return program;
}
