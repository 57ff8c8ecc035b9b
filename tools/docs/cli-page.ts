import type { Command } from 'commander';
import { EXIT_CODE_MEANINGS } from '../../cli/cli-error.ts';
import { wrapProse } from './wrap-prose.ts';

/** What a role needs for each command, in addition to `cloudformation:DescribeStacks`; `--url` does without that. */
const PERMISSIONS: Readonly<Record<string, string>> = {
  doctor: 'what `doctor --print-policy` prints; without a permission, `doctor` reports a check as unknown',
  verify: 'what `verify --print-policy` prints; without a permission, `verify` reports a step as unknown',
  list: '`grantOperate`',
  show: '`grantStatus`',
  why: '`grantStatus`',
  connect: '`grantConsents`',
  rotate: '`grantOperate`',
  disconnect: '`grantDisconnect`',
  erase: '`grantOperate`',
  import: '`grantImport`',
  restore:
    '`lambda:GetFunctionConfiguration` on `<vault>-rotate`, `dynamodb:Scan` on the restored table, `dynamodb:PutItem` on Connections',
  probe: 'no AWS permission and no vault: it calls only Adobe',
  reseal:
    '`lambda:GetFunctionConfiguration` on `<vault>-connections`, `lambda:InvokeFunction` on `<vault>-rotate:live`, `dynamodb:Scan` on Connections',
  'rotate-cookie-key':
    '`lambda:GetFunctionConfiguration` on `<vault>-authorize`, `secretsmanager:GetSecretValue` and `secretsmanager:PutSecretValue` on the secret `CookieKeySecretArn`',
};

const EXAMPLES: Readonly<Record<string, string>> = {
  doctor: 'doctor',
  verify: 'verify --stack AdobeTokenVault',
  list: 'list --at-risk-within 72h',
  show: 'show acme.user-42',
  why: 'why acme.user-42',
  connect: 'connect acme.user-42 --return-to https://app.example.com/adobe/connected',
  rotate: 'rotate acme.user-42',
  disconnect: 'disconnect acme.user-42',
  erase: 'erase 0123456789ABCDEF01234567@AdobeID',
  import: 'import --file tokens.jsonl --dry-run',
  restore: 'restore --from AdobeTokenVault-restored',
  probe: 'probe --client-id 0123abcd --token-file spare.txt --secret-file secret.txt',
  reseal: 'reseal --per-second 20',
  'rotate-cookie-key': 'rotate-cookie-key',
};

/** `docs/generated/cli.md`, written from the definition of the command line itself. */
export function cliPage(program: Command): string {
  return wrapProse(
    `${[INTRODUCTION, optionsTable(program), EVERY_COMMAND, exitCodes(), ...program.commands.map(section)].join('\n\n')}\n`,
  );
}

const INTRODUCTION = `# The command line

\`npm run docs\` generates this page from the commands. A test fails when it is stale.

\`\`\`sh
npx adobe-token-vault list           # in a project that has the package
npm run cli -- list                  # in this repository
\`\`\`

The command line finds a vault by the outputs of its stack. It calls the vault's HTTP API and AWS, with the credentials of the AWS SDK: environment, profile (\`AWS_PROFILE\`), SSO, or the role of the machine. Every command takes these options:`;

const EVERY_COMMAND = `- The variable \`ADOBE_TOKEN_VAULT_STACK\` also names the stack.
- Results go to stdout. Progress and questions go to stderr.
- With \`--json\`, stdout holds one JSON document. If the command fails, it is \`{ "error": { "code", "message", "remedy" } }\`. Later versions may add members, and change none.
- A destructive command names the vault and asks first. Without a terminal, or if stdin is read as a file, it needs \`--yes\` (\`probe\`: \`--allow-spending\`).
- No command prints a secret or a token.

The local stack (\`npm start\`) prints the endpoint and the access key that these commands work with there.`;

function exitCodes(): string {
  const rows = Object.entries(EXIT_CODE_MEANINGS).map(([code, meaning]) => `| ${code} | ${meaning} |`);
  return ['| exit code | meaning |', '|---|---|', ...rows].join('\n');
}

function section(command: Command): string {
  const name = command.name();
  const words = command.registeredArguments.map(
    (argument) => `\`<${argument.name()}>\`: ${argument.description}.`,
  );
  return [
    `## ${name}`,
    command.description(),
    `\`\`\`sh\nnpx adobe-token-vault ${known(EXAMPLES, name)}\n\`\`\``,
    ...(words.length > 0 ? [words.join('\n')] : []),
    ...(command.options.length > 0 ? [optionsTable(command)] : []),
    `Needs ${known(PERMISSIONS, name)}.`,
  ].join('\n\n');
}

function optionsTable(command: Command): string {
  const rows = command.options.map(({ flags, description, defaultValue }) => {
    const standard = defaultValue === undefined ? '' : ` (default: ${String(defaultValue)})`;
    return `| \`${flags}\` | ${description}${standard} |`;
  });
  return ['| option | meaning |', '|---|---|', ...rows].join('\n');
}

function known(texts: Readonly<Record<string, string>>, name: string): string {
  const text = texts[name];
  if (text === undefined) throw new Error(`The page has no text for the command ${name}.`);
  return text;
}
