import type { IConstruct } from 'constructs';
import { appSettings } from './app-settings.ts';
import { vaultSettings } from './vault-settings.ts';

const KEY = 'vault';
const BOOLEANS: ReadonlyMap<string, boolean> = new Map([
  ['true', true],
  ['false', false],
]);

/** What this file reads of a schema of valibot. */
interface Schema {
  readonly type: string;
  readonly wrapped?: Schema;
  readonly options?: readonly unknown[];
}

const SCHEMAS: Readonly<Record<string, Schema>> = { ...vaultSettings.entries, ...appSettings.entries };

/**
 * The settings as written in `cdk.json` under `vault`. Single ones may be replaced on the command line:
 * `-c vault.clientId=abc -c vault.returnUrls=https://one,https://two -c vault.maxSchedulesPerMinute=60`.
 * The schema says how a text is read: as a number, as true or false, or as a list separated by commas. Lists and objects may
 * also be JSON. Nothing is checked here.
 */
export function settingsFromContext({ node }: IConstruct): Record<string, unknown> {
  const settings: Record<string, unknown> = { ...asRecord(node.tryGetContext(KEY)) };
  const context: Record<string, unknown> = node.getAllContext();
  for (const [key, value] of Object.entries(context)) {
    if (!key.startsWith(`${KEY}.`)) continue;
    const name = key.slice(KEY.length + 1);
    settings[name] = typeof value === 'string' ? fromText(SCHEMAS[name], value) : value;
  }
  return settings;
}

function fromText(schema: Schema | undefined, value: string): unknown {
  if (schema?.wrapped !== undefined) return fromText(schema.wrapped, value);
  if (schema?.type === 'number' || schema?.options?.every((option) => typeof option === 'number')) {
    return Number(value);
  }
  if (schema?.type === 'boolean') return BOOLEANS.get(value) ?? value;
  if (/^[[{]/.test(value)) return fromJson(value);
  return schema?.type === 'array' ? value.split(',').map((item) => item.trim()) : value;
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
