/*
 * The environment variables by which a consumer knows a vault. A grant writes them, the client reads them. Named vaults have
 * their name in them, such as `ADOBE_TOKEN_VAULT_FILMS_URL`.
 */

const PREFIX = 'ADOBE_TOKEN_VAULT_';

/** What a consumer may know of a vault. Each is a separate variable, because handlers and people read them. */
export const VAULT_VARIABLES = [
  'URL',
  'REGION',
  'TABLE',
  'KEY_ARN',
  'CLIENT_ID',
  'ROLE_ARN',
  'TENANT_ROLE_ARN',
] as const;
export type VaultVariable = (typeof VAULT_VARIABLES)[number];
export type VaultVariables = Readonly<Partial<Record<VaultVariable, string>>>;

/**
 * Repeats the other variables in one text: `URL=… REGION=…`. It shows when variables of two vaults are mixed. It is not a
 * digest: CloudFormation computes none, and ids and ARNs are known only at deployment.
 */
export const PARTS_VARIABLE = 'PARTS';

/** The name of a vault among several in one environment. Lower case, so that no two names have the same variables. */
export const VAULT_ALIAS = /^[a-z][a-z0-9-]{0,31}$/;

export function variableName(
  variable: VaultVariable | typeof PARTS_VARIABLE,
  vault: string | undefined,
): string {
  const named = vault === undefined ? '' : `${vault.toUpperCase().replaceAll('-', '_')}_`;
  return PREFIX + named + variable;
}

/** The text of `PARTS_VARIABLE`. Values may be unresolved references of the CDK. */
export function partsText(variables: VaultVariables): string {
  return VAULT_VARIABLES.flatMap((name) => {
    const value = variables[name];
    return value === undefined ? [] : [`${name}=${value}`];
  }).join(' ');
}

/** `undefined` for a text that `partsText` does not write. A later release may name parts that this one does not know. */
export function readParts(text: string): ReadonlyMap<string, string> | undefined {
  const parts = new Map<string, string>();
  for (const part of text.split(/\s+/)) {
    const [, name, value] = /^([A-Z][A-Z_]*)=(.+)$/.exec(part) ?? [];
    if (name === undefined || value === undefined || parts.has(name)) return undefined;
    parts.set(name, value);
  }
  return parts;
}

/** Names of the vaults in an environment, for a message. */
export function vaultsIn(names: readonly string[]): readonly string[] {
  return names.flatMap((name) => {
    const [, vault] = /^ADOBE_TOKEN_VAULT_([A-Z][A-Z0-9_]*)_URL$/.exec(name) ?? [];
    return vault === undefined ? [] : [vault.toLowerCase().replaceAll('_', '-')];
  });
}
