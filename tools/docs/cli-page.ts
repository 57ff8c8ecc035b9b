import type { Command } from 'commander';
import { EXIT_CODE_MEANINGS } from '../../cli/exit-codes.ts';

/** What a role needs for each command beside `cloudformation:DescribeStacks`; `--url` does without that. */
const PERMISSIONS: Readonly<Record<string, string>> = {
  doctor: 'what `doctor --print-policy` prints; what it may not look at it calls unknown',
  list: '`grantOperate`',
  show: '`grantStatus`',
  connect: '`grantConsents`',
  rotate: '`grantOperate`',
  disconnect: '`grantDisconnect`',
  erase: '`grantOperate`',
  import: '`grantImport`',
  restore:
    '`lambda:GetFunctionConfiguration` on `<vault>-rotate`, `dynamodb:Scan` on the restored table, `dynamodb:PutItem` on Connections',
  probe: 'no AWS at all, and no vault: it talks to Adobe only',
  reseal:
    '`lambda:GetFunctionConfiguration` on `<vault>-connections`, `lambda:InvokeFunction` on `<vault>-rotate:live`, `dynamodb:Scan` on Connections',
  'rotate-cookie-key':
    '`lambda:GetFunctionConfiguration` on `<vault>-authorize`, `secretsmanager:GetSecretValue` and `secretsmanager:PutSecretValue` on the secret `CookieKeySecretArn`',
};

const EXAMPLES: Readonly<Record<string, string>> = {
  doctor: 'doctor',
  list: 'list --at-risk-within 72h',
  show: 'show acme.user-42',
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
  return `${[INTRODUCTION, optionsTable(program), EVERY_COMMAND, exitCodes(), ...program.commands.map(section)].join('\n\n')}\n`;
}

const INTRODUCTION = `# The command line

Written by \`npm run docs\` from the commands themselves; a test holds it.

\`\`\`sh
npx adobe-token-vault list           # in a project that has the package
npm run cli -- list                  # in this repository
\`\`\`

It finds a vault by the outputs of its stack, calls its HTTP API and AWS, and signs with the credentials the AWS SDK finds: environment, profile
(\`AWS_PROFILE\`), SSO, the role of the machine. Every command takes:`;

const EVERY_COMMAND = `\`ADOBE_TOKEN_VAULT_STACK\` may name the stack instead. Results go to stdout, progress and questions to stderr. With \`--json\`, stdout holds one JSON document,
also when the command fails: \`{ "error": { "code", "message", "remedy" } }\`; members may be added, none change. A command that destroys asks first and names
the vault; where nobody can answer, or stdin is read as a file, it needs \`--yes\` (\`probe\`: \`--allow-spending\`). No secret and no token is ever printed.

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
  if (text === undefined) throw new Error(`The page says nothing of the command ${name}.`);
  return text;
}
