import { ClientEnvironmentError } from './vault-error.ts';
import {
  PARTS_VARIABLE,
  readParts,
  VAULT_VARIABLES,
  type VaultVariable,
  type VaultVariables,
  variableName,
} from './vault-variables.ts';

/** An environment variable; `undefined` where it is absent or blank. */
export type ReadVariable = (name: string) => string | undefined;

export const KEY_ARN = /^arn:[^:]+:kms:([^:]+):(\d{12}):(?:key|alias)\/.+$/;
const ROLE_ARN = /^arn:[^:]+:iam::(\d{12}):role\/.+$/;

/** May be set without `PARTS`: the API, and values on which nothing else depends. */
const MAY_STAND_ALONE: readonly VaultVariable[] = ['URL', 'REGION', 'CLIENT_ID'];
const REMEDY = 'Deploy the grant again, or copy every variable from the outputs of one stack.';

export function readVaultVariables(read: ReadVariable, vault: string | undefined): VaultVariables {
  return Object.fromEntries(
    VAULT_VARIABLES.flatMap((variable) => {
      const value = read(variableName(variable, vault));
      return value === undefined ? [] : [[variable, value]];
    }),
  );
}

/**
 * Refuses variables of different vaults, and some of the variables of one. Otherwise the client could read the table of one
 * vault and ask the API of another. Both may know the same connection id, for different Adobe users.
 *
 * @param regionOfUrl the Region that a URL names, if it names one
 * @throws {ClientEnvironmentError}
 */
export function assertOneVault(
  variables: VaultVariables,
  read: ReadVariable,
  vault: string | undefined,
  regionOfUrl: (url: string) => string | undefined,
): void {
  const nameOf: NameOf = (variable) => variableName(variable, vault);
  const parts = read(nameOf(PARTS_VARIABLE));
  if (parts === undefined) assertMayStandAlone(variables, nameOf);
  else assertSameAs(parts, read, nameOf);
  assertSamePlace(variables, nameOf, regionOfUrl);
}

type NameOf = (variable: VaultVariable | typeof PARTS_VARIABLE) => string;

function assertMayStandAlone(variables: VaultVariables, nameOf: NameOf): void {
  const dependent = VAULT_VARIABLES.filter(
    (variable) => variables[variable] !== undefined && !MAY_STAND_ALONE.includes(variable),
  ).map(nameOf);
  if (dependent.length === 0) return;
  const partsName = nameOf(PARTS_VARIABLE);
  throw new ClientEnvironmentError(
    `${partsName} is not set, but ${dependent.join(' and ')} need it: it says which variables belong to one vault. Set it to the output ClientParts of the vault's stack.`,
    [partsName, ...dependent],
  );
}

function assertSameAs(text: string, read: ReadVariable, nameOf: NameOf): void {
  const partsName = nameOf(PARTS_VARIABLE);
  const parts = readParts(text);
  if (parts === undefined) {
    const message = `${partsName} must hold NAME=value pairs, each name once, with a space in between. ${REMEDY}`;
    throw new ClientEnvironmentError(message, [partsName]);
  }
  const different = [...new Set([...VAULT_VARIABLES, ...parts.keys()])].flatMap((part) => {
    const name = nameOf(part as VaultVariable);
    const [actual, expected] = [read(name), parts.get(part)];
    return actual === expected
      ? []
      : [{ name, words: `${name} is ${inWords(actual)}, not ${inWords(expected)}` }];
  });
  if (different.length === 0) return;
  const words = different.map((one) => one.words).join('; ');
  throw new ClientEnvironmentError(
    `The environment mixes variables of different vaults, or was edited. By ${partsName}: ${words}. ${REMEDY}`,
    [...different.map(({ name }) => name), partsName],
  );
}

const inWords = (value: string | undefined): string => (value === undefined ? 'unset' : `"${value}"`);

/** Values name Regions and accounts themselves. A vault has one of each. */
function assertSamePlace(
  { URL, REGION, KEY_ARN: key, ROLE_ARN: role, TENANT_ROLE_ARN: tenantRole }: VaultVariables,
  nameOf: NameOf,
  regionOfUrl: (url: string) => string | undefined,
): void {
  const [, keyRegion, keyAccount] = partsOfArn(KEY_ARN, key, nameOf('KEY_ARN'), 'a KMS key');
  const [, roleAccount] = partsOfArn(ROLE_ARN, role, nameOf('ROLE_ARN'), 'an IAM role');
  const ofTenants = partsOfArn(ROLE_ARN, tenantRole, nameOf('TENANT_ROLE_ARN'), 'an IAM role');
  const urlRegion = URL === undefined ? undefined : regionOfUrl(URL);
  assertEqual('Region', { URL: urlRegion, REGION, KEY_ARN: keyRegion }, nameOf);
  assertEqual(
    'account',
    { KEY_ARN: keyAccount, ROLE_ARN: roleAccount, TENANT_ROLE_ARN: ofTenants[1] },
    nameOf,
  );
}

function partsOfArn(
  pattern: RegExp,
  value: string | undefined,
  name: string,
  what: string,
): readonly (string | undefined)[] {
  if (value === undefined) return [];
  const parts = pattern.exec(value);
  if (parts !== null) return parts;
  throw new ClientEnvironmentError(`${name} must be the ARN of ${what}, not "${value}".`, [name]);
}

function assertEqual(
  what: string,
  stated: Readonly<Partial<Record<VaultVariable, string | undefined>>>,
  nameOf: NameOf,
): void {
  const known = VAULT_VARIABLES.flatMap((variable) => {
    const value = stated[variable];
    return value === undefined ? [] : [{ name: nameOf(variable), value }];
  });
  if (new Set(known.map(({ value }) => value)).size < 2) return;
  const words = known.map(({ name, value }) => `${name} names ${value}`).join(', ');
  throw new ClientEnvironmentError(
    `The variables of one vault name one ${what}, but here ${words}. ${REMEDY}`,
    known.map(({ name }) => name),
  );
}
