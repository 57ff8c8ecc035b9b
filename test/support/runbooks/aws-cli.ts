import { Sha256 } from '@aws-crypto/sha256-js';
import { SignatureV4 } from '@smithy/signature-v4';
import { fromWords, printable, type Shape, shapeOf } from './aws-shapes.ts';
import { shellCommand } from './shell-words.ts';

/** Services that the pages use, with the SDK client that runs them here. Of the others a page is only read. */
const CLIENTS: Readonly<Record<string, () => Promise<unknown>>> = {
  cloudformation: () => import('@aws-sdk/client-cloudformation'),
  cloudwatch: () => import('@aws-sdk/client-cloudwatch'),
  dynamodb: () => import('@aws-sdk/client-dynamodb'),
  events: () => import('@aws-sdk/client-eventbridge'),
  kms: () => import('@aws-sdk/client-kms'),
  lambda: () => import('@aws-sdk/client-lambda'),
  scheduler: () => import('@aws-sdk/client-scheduler'),
  secretsmanager: () => import('@aws-sdk/client-secrets-manager'),
  'service-quotas': () => import('@aws-sdk/client-service-quotas'),
  sns: () => import('@aws-sdk/client-sns'),
};

/** Called with plain AWS JSON: no SDK client of theirs is installed, so that their options are not checked. */
const PLAIN_JSON: Readonly<Record<string, string>> = { sqs: 'AmazonSQS' };

/** Options of the program itself, by the number of words behind them. */
const GLOBAL: Readonly<Record<string, number>> = {
  region: 1,
  'endpoint-url': 1,
  query: 1,
  output: 1,
  'cli-binary-format': 1,
  'cli-read-timeout': 1,
};

/** Options that the program calls otherwise than the API, where they would look like its own. */
const RENAMED: Readonly<Record<string, string>> = {
  'sns subscribe notification-endpoint': 'endpoint',
};

interface SdkModule {
  readonly [name: string]: new (input: object) => object;
}

export interface AwsOperation {
  readonly service: string;
  readonly operation: string;
  /** Values by option, without those of the program. */
  readonly options: ReadonlyMap<string, readonly string[]>;
  readonly global: ReadonlyMap<string, string>;
  /** Such as the file for the answer of `lambda invoke`. */
  readonly positional: readonly string[];
  readonly redirectTo?: string;
}

/** An `aws` command line in its parts. */
export function parseAwsCommand(text: string): AwsOperation {
  const { words, redirectTo } = shellCommand(text);
  const [program, service = '', ...rest] = words;
  if (program !== 'aws') throw new Error(`expected a command of aws, not ${text}`);
  const [operation = '', ...more] = rest[0] === 'wait' ? [`wait ${rest[1]}`, ...rest.slice(2)] : rest;
  const options = new Map<string, string[]>();
  const global = new Map<string, string>();
  const positional: string[] = [];
  let values = positional;
  for (let at = 0; at < more.length; at += 1) {
    const word = more[at] ?? '';
    const name = word.startsWith('--') ? word.slice(2) : undefined;
    if (name !== undefined && name in GLOBAL) {
      global.set(name, more[at + 1] ?? '');
      at += 1;
      values = positional;
    } else if (name === undefined) values.push(word);
    else {
      values = [];
      options.set(name, values);
    }
  }
  // What follows the last value of an option that takes one is positional.
  if (service === 'lambda' && operation === 'invoke') movePositional(options, positional);
  return { service, operation, options, global, positional, ...(redirectTo !== undefined && { redirectTo }) };
}

function movePositional(options: Map<string, string[]>, positional: string[]): void {
  for (const values of options.values()) positional.push(...values.splice(1));
}

/** The SDK's command, with the options as its input. Rejects a service, operation or option that does not exist. */
export async function sdkCommand(
  { service, operation, options, global }: AwsOperation,
  readFile: (path: string) => Buffer,
) {
  const module = (await CLIENTS[service]?.()) as SdkModule | undefined;
  if (!module) throw new Error(`There is no SDK client for ${service} here.`);
  const name = pascalCase(operation);
  const Command = module[`${name}Command`];
  if (!Command) throw new Error(`aws ${service} has no operation ${operation}.`);
  const { members } = inputShape(new Command({}));
  const rules = { rawBytes: global.get('cli-binary-format') === 'raw-in-base64-out' };
  const input = Object.fromEntries(
    [...options].map(([printed, words]) => {
      const option = RENAMED[`${service} ${operation} ${printed}`] ?? printed;
      const negated = option.startsWith('no-') && memberNamed(members, option) === undefined;
      const found = memberNamed(members, negated ? option.slice(3) : option);
      if (!found) throw new Error(`aws ${service} ${operation} has no option --${option}.`);
      const [memberName, shape] = found;
      const values = words.map((word) => fileOr(word, readFile));
      return [memberName, negated ? false : fromWords(values, shape(), rules)];
    }),
  );
  return { module, name, input, command: new Command(input) };
}

function inputShape(command: object): Shape & { kind: 'members' } {
  const { schema } = command as { schema: readonly unknown[] };
  const shape = shapeOf(schema[4]);
  if (shape.kind !== 'members') throw new Error('An operation takes members.');
  return shape;
}

function memberNamed(
  members: ReadonlyMap<string, () => Shape>,
  option: string,
): readonly [string, () => Shape] | undefined {
  return [...members].find(([name]) => kebabCase(name) === option);
}

export function kebabCase(name: string): string {
  return name
    .replaceAll(/([a-z0-9])([A-Z])/g, '$1-$2')
    .replaceAll(/([A-Z])([A-Z][a-z])/g, '$1-$2')
    .toLowerCase();
}

function pascalCase(operation: string): string {
  return operation.replaceAll(/(?:^|-)([a-z])/g, (_, letter: string) => letter.toUpperCase());
}

function fileOr(word: string, readFile: (path: string) => Buffer): string | Buffer {
  if (word.startsWith('fileb://')) return readFile(word.slice('fileb://'.length));
  return word.startsWith('file://') ? readFile(word.slice('file://'.length)).toString() : word;
}

interface ClientConfig {
  readonly endpoint: string;
  readonly region: string;
  readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string };
  readonly systemClockOffset: number;
  readonly maxAttempts: number;
}

/** @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html */
async function sendPlainJson({ service, operation, options }: AwsOperation, config: ClientConfig) {
  const { region, credentials, systemClockOffset } = config;
  const endpoint = new URL(config.endpoint);
  const input = [...options].map(([option, words]) => {
    const [word = ''] = words;
    const value = option.endsWith('-names') ? words : /^\d+$/.test(word) ? Number(word) : word;
    return [pascalCase(option), value];
  });
  const body = JSON.stringify(Object.fromEntries(input));
  const signer = new SignatureV4({ service, region, credentials, sha256: Sha256 });
  const signed = await signer.sign(
    {
      method: 'POST',
      protocol: endpoint.protocol,
      hostname: endpoint.hostname,
      path: '/',
      headers: {
        host: endpoint.host,
        'content-type': 'application/x-amz-json-1.0',
        'x-amz-target': `${PLAIN_JSON[service]}.${pascalCase(operation)}`,
      },
      body,
    },
    { signingDate: new Date(Date.now() + systemClockOffset) },
  );
  const { host: _, ...headers } = signed.headers;
  const answer = await fetch(endpoint, { method: 'POST', headers, body });
  const output = (await answer.json()) as Record<string, unknown>;
  if (!answer.ok) throw new Error(`${String(output.__type)}: ${String(output.message)}`);
  return output;
}

export interface AwsSurroundings {
  /** What an SDK client needs to reach the services. */
  readonly config: ClientConfig;
  readonly files: Map<string, Buffer>;
  readonly sleep: (ms: number) => Promise<void>;
}

interface Sender {
  send(command: object): Promise<Record<string, unknown>>;
  destroy(): void;
}

/** Runs an `aws` command as AWS CLI 2 does. Answers what it prints. */
export async function runAwsCommand(text: string, around: AwsSurroundings): Promise<string> {
  // It acts as AWS CLI 2 does.
  if (text === 'aws --version') return 'aws-cli/2';
  const operation = parseAwsCommand(text);
  const { redirectTo, global, positional } = operation;
  const print = (output: unknown): string => {
    const queried = byQuery(printable(output), global.get('query'));
    const printed = typeof queried === 'string' ? queried : JSON.stringify(queried, undefined, 2);
    if (redirectTo === undefined) return printed;
    around.files.set(redirectTo, Buffer.from(printed));
    return '';
  };
  if (operation.operation.startsWith('wait ')) return waitFor(operation, around);
  if (operation.service in PLAIN_JSON) return print(await sendPlainJson(operation, around.config));
  const { module, command } = await sdkCommand(operation, (path) => fileOf(around.files, path));
  const client = clientOf(module, around.config);
  try {
    const output = await client.send(command);
    const [outfile] = positional;
    if (outfile === undefined) return print(output);
    const payload = Buffer.from((output.Payload as Uint8Array | undefined) ?? []);
    if (outfile !== '/dev/stdout') around.files.set(outfile, payload);
    const { Payload: _, ...rest } = output;
    return `${outfile === '/dev/stdout' ? payload.toString() : ''}${print(rest)}`;
  } finally {
    client.destroy();
  }
}

function clientOf(module: SdkModule, config: object): Sender {
  const name = Object.keys(module).find((each) => /^[A-Za-z]+Client$/.test(each) && each !== '__Client');
  const Client = module[name ?? ''];
  if (!Client) throw new Error('The module has no client.');
  return new Client(config) as Sender;
}

function fileOf(files: ReadonlyMap<string, Buffer>, path: string): Buffer {
  const content = files.get(path);
  if (!content) throw new Error(`There is no file ${path}.`);
  return content;
}

/** `wait table-exists`, the one waiter of the pages. */
async function waitFor({ operation, options }: AwsOperation, around: AwsSurroundings): Promise<string> {
  if (operation !== 'wait table-exists') throw new Error(`aws … ${operation} is not run here.`);
  const table = options.get('table-name')?.[0] ?? '';
  for (let tries = 0; tries < 25; tries += 1) {
    const status = await runAwsCommand(
      `aws dynamodb describe-table --table-name ${table} --query Table.TableStatus`,
      around,
    ).catch(() => '');
    if (status === 'ACTIVE') return '';
    await around.sleep(20);
  }
  throw new Error(`Waiter TableExists failed: ${table} does not exist.`);
}

/** The JMESPath of the pages: names, `[]` and lists of names. */
export function byQuery(value: unknown, query: string | undefined): unknown {
  if (query === undefined) return value;
  const [, list, rest] = /^([\w.]+)\[\]\.(.+)$/.exec(query) ?? [];
  if (list !== undefined && rest !== undefined) {
    return (byQuery(value, list) as unknown[]).map((entry) => byQuery(entry, rest));
  }
  const [, names] = /^\[([\w.,\s]+)\]$/.exec(query) ?? [];
  if (names !== undefined) return names.split(/,\s*/).map((name) => byQuery(value, name));
  if (!/^\w+(\.\w+)*$/.test(query)) throw new Error(`The query ${query} is not read here.`);
  return query
    .split('.')
    .reduce<unknown>((found, name) => (found as Record<string, unknown> | undefined)?.[name], value);
}
