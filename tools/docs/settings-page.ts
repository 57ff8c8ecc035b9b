import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { vaultSettings } from '../../lib/settings/vault-settings.ts';
import { ROOT } from './excerpts.ts';

/** Where the docblocks of the settings are written. */
const SOURCE = 'lib/settings/token-vault-settings.ts';
const DOCBLOCK = /\/\*\*\n(?<lines>(?:[ \t]+\*[^\n]*\n)+?)[ \t]+\*\/\n\s*(?:readonly )?(?<name>\w+)[,?:]/g;

/** What this page reads of a schema of valibot. */
interface Schema {
  readonly type: string;
  readonly wrapped?: Schema;
  readonly item?: Schema;
  readonly options?: readonly unknown[];
  readonly entries?: Readonly<Record<string, Schema>>;
  readonly default?: unknown;
}

interface Docblock {
  readonly meaning: string;
  readonly example: string;
  /** JSON, or `none`; absent where the docblock states none. */
  readonly standard: string | undefined;
}

const HEAD = `# Settings

\`npm run docs\` generates this page from the schema in \`lib/settings\`. A test fails when it is stale.

Write the settings in \`cdk.json\` under \`vault\`, or pass them to the construct as \`settings\`. To try one for a single
deployment, use the command line: \`npx cdk deploy <vault> -c vault.maxSchedulesPerMinute=60\`. Separate the
items of a list with commas. Write objects as JSON.

In your own app, a text that only the template needs may be a value that is known at deployment (a CDK token):
\`certificate.certificateArn\`, \`topic.topicArn\`, a return URL such as \`\`\${api.url}back\`\`, or an SSM parameter.
\`hostedZone\` takes a hosted zone of the CDK.

A wrong setting stops the synthesis with a message that names it and shows its value. CloudFormation refuses to deploy
the placeholders of \`cdk.json\`.
`;

const APP_SETTINGS = `## Settings of the app

The app of this repository reads two more settings. The construct does not take them.

| setting | type | default | example | meaning |
|---|---|---|---|---|
| \`stage\` | \`string\` | none | \`"test"\` | Suffix of the stack's name and of all names in it. Each stage is a separate vault. |
| \`terminationProtection\` | \`boolean\` | \`false\` | \`true\` | Whether CloudFormation refuses to delete the stack. Turn it on [after the first deployment](../guides/deploying.md#termination-protection). |
`;

/** `docs/generated/settings.md`. */
export function settingsPage(): string {
  const docblocks = readDocblocks();
  const entries = entriesOf(vaultSettings);
  const nested = Object.entries(entries).filter(([, schema]) => settingsWithin(schema).length > 0);
  return [
    HEAD,
    table(Object.entries(entries), docblocks),
    ...nested.map(([name, schema]) => `## \`${name}\`\n\n${table(settingsWithin(schema), docblocks)}`),
    APP_SETTINGS,
  ].join('\n');
}

/** The members of an object that are settings themselves. The functions of `reservedConcurrency` are not. */
function settingsWithin(schema: Schema): [string, Schema][] {
  const inner = schema.wrapped ?? schema;
  const { entries = {} } = inner.item ?? inner;
  const settings = Object.entries(entries);
  return settings.some(([, entry]) => entry.default !== undefined || entry.type !== 'optional')
    ? settings
    : [];
}

function table(settings: readonly [string, Schema][], docblocks: ReadonlyMap<string, Docblock>): string {
  const rows = settings.map(([name, schema]) => {
    const docblock = docblocks.get(name);
    if (docblock === undefined) throw new Error(`The setting ${name} has no docblock with an @example.`);
    assertSameDefault(name, docblock, schema);
    const cells = [
      code(name),
      code(typeOf(schema).replaceAll('|', '\\|')),
      standardOf(schema),
      code(docblock.example),
      docblock.meaning,
    ];
    return `| ${cells.join(' | ')} |`;
  });
  return `| setting | type | default | example | meaning |\n|---|---|---|---|---|\n${rows.join('\n')}\n`;
}

/** @throws Error when the docblock states another default than the schema has */
function assertSameDefault(name: string, { standard }: Docblock, schema: Schema): void {
  const { type, default: value } = schema;
  const stated = standard?.startsWith('the defaults of') ? '{}' : standard?.replaceAll(/\s/g, '');
  const real = type !== 'optional' ? undefined : value === undefined ? 'none' : JSON.stringify(value);
  if (stated !== real)
    throw new Error(`The docblock of ${name} says @default ${stated}, the schema ${real}.`);
}

function typeOf(schema: Schema): string {
  const { type, wrapped, item, options, entries } = schema;
  if (wrapped !== undefined) return typeOf(wrapped);
  if (item !== undefined) return `${typeOf(item)}[]`;
  if (options !== undefined) return options.map((option) => JSON.stringify(option)).join(' | ');
  return entries !== undefined || ['record', 'custom'].includes(type) ? 'object' : type;
}

function standardOf(schema: Schema): string {
  if (schema.type !== 'optional') return 'required';
  if (schema.default === undefined) return 'none';
  const text = JSON.stringify(schema.default);
  return text === '{}' && settingsWithin(schema).length > 0 ? 'see below' : code(text);
}

function readDocblocks(): ReadonlyMap<string, Docblock> {
  const text = readFileSync(join(ROOT, SOURCE), 'utf8');
  return new Map(
    [...text.matchAll(DOCBLOCK)].flatMap(({ groups = {} }) => {
      const standard = /@default ([^\n]*)/.exec(groups.lines ?? '')?.[1];
      const [meaning = '', example] = (groups.lines ?? '')
        .replaceAll(/^[ \t]+\* ?/gm, '')
        .split(/@example\s+/)
        .map((part) => part.replaceAll(/@(?:default|see|remarks)[^\n]*/g, '').replaceAll(/\s+/g, ' '));
      return example === undefined
        ? []
        : [[groups.name ?? '', { meaning: meaning.trim(), example: example.trim(), standard }] as const];
    }),
  );
}

function entriesOf(schema: Schema): Readonly<Record<string, Schema>> {
  return schema.entries ?? {};
}

function code(text: string): string {
  return `\`${text}\``;
}
