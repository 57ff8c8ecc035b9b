import type { IConstruct } from 'constructs';

const KEY = 'vault';
const LISTS = new Set(['scopes', 'returnUrls', 'scopeSets']);
const TRUTHS = new Map([
  ['true', true],
  ['false', false],
]);
const NUMBERS = new Set(['maxSchedulesPerMinute', 'logRetentionDays']);
const FLAGS = new Set(['plainSignIn', 'storeProfile', 'terminationProtection']);

/**
 * The settings as written in `cdk.json` under `vault`, with single ones replaced from the command line:
 * `-c vault.clientId=abc -c vault.returnUrls=https://one,https://two -c vault.maxSchedulesPerMinute=60`.
 * Lists are separated by commas; lists and objects may also be JSON. Nothing is checked here.
 */
export function settingsFromContext({ node }: IConstruct): Record<string, unknown> {
  const settings: Record<string, unknown> = { ...asRecord(node.tryGetContext(KEY)) };
  const context: Record<string, unknown> = node.getAllContext();
  for (const [key, value] of Object.entries(context)) {
    if (!key.startsWith(`${KEY}.`)) continue;
    const name = key.slice(KEY.length + 1);
    settings[name] = typeof value === 'string' ? fromText(name, value) : value;
  }
  return settings;
}

function fromText(name: string, value: string): unknown {
  if (NUMBERS.has(name)) return Number(value);
  if (FLAGS.has(name)) return TRUTHS.get(value) ?? value;
  if (/^[[{]/.test(value)) return fromJson(value);
  return LISTS.has(name) ? value.split(',').map((item) => item.trim()) : value;
}

function fromJson(value: string): unknown {
  try {
    return JSON.parse(value) as unknown;
  } catch {
    return value;
  }
}

function asRecord(value: unknown): object {
  return typeof value === 'object' && value !== null ? value : {};
}
