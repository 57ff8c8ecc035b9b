import { isSecureUrl } from './contract.ts';
import { assertOneVault, KEY_ARN, readVaultVariables } from './one-vault.ts';
import { ClientSettingsError } from './vault-error.ts';
import { VAULT_ALIAS, type VaultVariables, variableName, vaultsIn } from './vault-variables.ts';

/** The domain of each AWS partition but `aws`, by the prefix of its regions. A test holds it equal to the AWS SDK's rules. */
const PARTITION_DOMAINS: readonly (readonly [regionPrefix: string, domain: string])[] = [
  ['cn-', 'amazonaws.com.cn'],
  ['eusc-', 'amazonaws.eu'],
  ['us-iso-', 'c2s.ic.gov'],
  ['us-isob-', 'sc2s.sgov.gov'],
  ['us-isof-', 'csp.hci.ic.gov'],
  ['eu-isoe-', 'cloud.adc-e.uk'],
];
/** In GovCloud the regional endpoints of these services conform to FIPS, and have no second name. */
const FIPS_IN_GOVCLOUD = ['dynamodb', 'sts'];
const API_HOST = /^[a-z0-9]+\.execute-api\.([a-z0-9-]+)\.(.+)$/;

export interface VaultAddress {
  readonly url: URL;
  readonly region: string;
  /** Without it, every token comes over HTTPS. */
  readonly directRead: DirectReadSettings | undefined;
  readonly clientId: string | undefined;
  readonly roleArn: string | undefined;
  /** What a client for one tenant assumes. */
  readonly tenantRoleArn: string | undefined;
}

/** Where the vault keeps its sealed access tokens, and what is needed to open one. */
export interface DirectReadSettings {
  /** The vault's table AccessTokens. */
  readonly tableName: string;
  /** The KMS key under which access tokens are sealed. */
  readonly keyArn: string;
  /** The client id of the vault's Adobe credential: every token is bound to it. */
  readonly clientId: string;
}

export interface AddressOptions {
  readonly vault?: string | undefined;
  readonly url?: string | URL | undefined;
  readonly region?: string | undefined;
  readonly directRead?: DirectReadSettings | false | undefined;
  readonly clientId?: string | undefined;
  readonly roleArn?: string | undefined;
  readonly tenantRoleArn?: string | undefined;
}

const NAMES_A_VAULT = /^ADOBE_TOKEN_VAULT_(?:[A-Z][A-Z0-9_]*_)?(?:URL|PARTS)$/;

/** Whether there is anything that could name a vault: a `url`, or variables of a grant, complete or not. */
export function isAnyVaultNamed({ url }: AddressOptions): boolean {
  if (url !== undefined) return true;
  // biome-ignore lint/style/noProcessEnv: whether such variables are there at all.
  return Object.keys(process.env).some((name) => NAMES_A_VAULT.test(name) && environment(name) !== undefined);
}

/**
 * Where the vault is: what the caller passes, else what the deployment put into the environment of the function.
 *
 * @throws ClientSettingsError, ClientEnvironmentError
 */
export function vaultAddress(options: AddressOptions): VaultAddress {
  const { vault } = options;
  if (vault !== undefined && !VAULT_ALIAS.test(vault)) {
    throw new ClientSettingsError(
      `The name of a vault has lower-case letters, digits and hyphens, not "${vault}".`,
    );
  }
  const variables = readVaultVariables(environment, vault);
  // The other variables describe the vault of that URL only.
  const isOther = options.url !== undefined && hrefOf(variables.URL) !== parseUrl(options.url).href;
  if (!isOther) assertOneVault(variables, environment, vault, regionOfUrl);
  const known = isOther ? {} : variables;
  const configured = options.url ?? known.URL;
  if (configured === undefined) throw new ClientSettingsError(unknownVault(vault));
  const url = parseUrl(configured);
  const region =
    options.region ??
    regionOfApiHost(url.hostname) ??
    known.REGION ??
    environment('AWS_REGION') ??
    environment('AWS_DEFAULT_REGION');
  if (region === undefined) {
    throw new ClientSettingsError('The AWS region is not known: set AWS_REGION or pass `region`.');
  }
  const directRead = directReadSettings(options.directRead, known);
  assertKeyIn(region, directRead);
  return {
    url,
    region,
    directRead,
    clientId: options.clientId ?? directRead?.clientId ?? known.CLIENT_ID,
    roleArn: options.roleArn ?? known.ROLE_ARN,
    tenantRoleArn: options.tenantRoleArn ?? known.TENANT_ROLE_ARN,
  };
}

function directReadSettings(
  chosen: AddressOptions['directRead'],
  { TABLE: tableName, KEY_ARN: keyArn, CLIENT_ID: clientId }: VaultVariables,
): DirectReadSettings | undefined {
  if (chosen !== undefined) return chosen === false ? undefined : chosen;
  return tableName && keyArn && clientId ? { tableName, keyArn, clientId } : undefined;
}

function unknownVault(vault: string | undefined): string {
  const message = `The vault is not known: set ${variableName('URL', vault)} or pass \`url\`.`;
  // biome-ignore lint/style/noProcessEnv: names of variables only, for a message.
  const others = vaultsIn(Object.keys(process.env));
  return others.length === 0
    ? message
    : `${message} The environment knows ${others.join(', ')}: choose one with \`vault\`.`;
}

function assertKeyIn(region: string, directRead: DirectReadSettings | undefined): void {
  const [, keyRegion = region] = KEY_ARN.exec(directRead?.keyArn ?? '') ?? [];
  if (keyRegion === region) return;
  throw new ClientSettingsError(
    `The key of \`directRead\` is in ${keyRegion}, but the vault is called in ${region}. Pass the \`region\` of the vault.`,
  );
}

/**
 * Where an AWS service is called: what the AWS SDK's own settings name, else its regional endpoint.
 * @see https://docs.aws.amazon.com/sdkref/latest/guide/feature-ss-endpoints.html
 */
export function awsEndpoint(service: 'dynamodb' | 'kms' | 'sts', region: string): URL {
  const configured =
    environment(`AWS_ENDPOINT_URL_${service.toUpperCase()}`) ?? environment('AWS_ENDPOINT_URL');
  if (configured !== undefined && environment('AWS_IGNORE_CONFIGURED_ENDPOINT_URLS') !== 'true') {
    return parseUrl(configured, 'an AWS endpoint');
  }
  const hasFipsName = !(region.startsWith('us-gov-') && FIPS_IN_GOVCLOUD.includes(service));
  const fips = environment('AWS_USE_FIPS_ENDPOINT') === 'true' && hasFipsName ? '-fips' : '';
  return new URL(`https://${service}${fips}.${region}.${domainOf(region)}/`);
}

/** The region in the host name that API Gateway gives an API. `undefined` for every other host. */
export function regionOfApiHost(hostname: string): string | undefined {
  const [, region, domain] = API_HOST.exec(hostname) ?? [];
  return region !== undefined && domain === domainOf(region) ? region : undefined;
}

function domainOf(region: string): string {
  const [, domain] = PARTITION_DOMAINS.find(([prefix]) => region.startsWith(prefix)) ?? [];
  return domain ?? 'amazonaws.com';
}

const regionOfUrl = (url: string): string | undefined => regionOfApiHost(parseUrl(url).hostname);

function hrefOf(url: string | undefined): string | undefined {
  return url === undefined ? undefined : parseUrl(url).href;
}

function parseUrl(configured: string | URL, whose = 'the vault'): URL {
  if (!URL.canParse(String(configured)))
    throw new ClientSettingsError(`The URL of ${whose} must be absolute.`);
  const url = new URL(configured);
  if (isSecureUrl(url)) return url;
  throw new ClientSettingsError(`The URL of ${whose} must be https (http is accepted for loopback only).`);
}

function environment(name: string): string | undefined {
  // biome-ignore lint/style/noProcessEnv: a consumer's handler wires nothing; like the AWS SDK the client finds its own address.
  const value = process.env[name]?.trim();
  return value === '' ? undefined : value;
}
