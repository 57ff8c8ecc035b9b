import { ClientSettingsError } from './vault-error.ts';

const LOOPBACK_HOSTS = new Set(['127.0.0.1', 'localhost', '[::1]']);
const API_HOST = /^[a-z0-9]+\.execute-api\.([a-z0-9-]+)\.amazonaws\.com(\.cn)?$/;

export interface VaultAddress {
  readonly url: URL;
  readonly region: string;
}

export function isLoopback(url: URL): boolean {
  return LOOPBACK_HOSTS.has(url.hostname);
}

/** Where the vault is: what the caller says, else what the deployment put into the environment of the function. */
export function vaultAddress(options: {
  url?: string | URL | undefined;
  region?: string | undefined;
}): VaultAddress {
  const configured = options.url ?? environment('ADOBE_TOKEN_VAULT_URL');
  if (configured === undefined) {
    throw new ClientSettingsError('The vault is not known: set ADOBE_TOKEN_VAULT_URL or pass `url`.');
  }
  const url = parseUrl(configured);
  const region =
    options.region ??
    API_HOST.exec(url.hostname)?.[1] ??
    environment('AWS_REGION') ??
    environment('AWS_DEFAULT_REGION');
  if (region === undefined) {
    throw new ClientSettingsError('The AWS region is not known: set AWS_REGION or pass `region`.');
  }
  return { url, region };
}

function parseUrl(configured: string | URL): URL {
  if (!URL.canParse(String(configured)))
    throw new ClientSettingsError('The URL of the vault must be absolute.');
  const url = new URL(configured);
  if (url.protocol === 'https:' || (url.protocol === 'http:' && isLoopback(url))) return url;
  throw new ClientSettingsError('The URL of the vault must be https (http is accepted for loopback only).');
}

function environment(name: string): string | undefined {
  // biome-ignore lint/style/noProcessEnv: a consumer's handler wires nothing; like the AWS SDK the client finds its own address.
  const value = process.env[name]?.trim();
  return value === '' ? undefined : value;
}
