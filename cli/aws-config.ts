import { usageError } from './cli-error.ts';
import type { AwsCredentialProvider, CliWorld } from './cli-world.ts';
import { endpointClockAheadMs } from './endpoint-clock.ts';
import type { GlobalOptions } from './global-options.ts';

/** What every AWS client of a command is made with. */
export interface AwsConfig {
  readonly region: string;
  readonly credentials: AwsCredentialProvider;
  readonly endpoint?: string;
  readonly systemClockOffset: number;
}

const API_HOST = /^[a-z0-9]+\.execute-api\.([a-z0-9-]+)\.amazonaws\.com(\.cn)?$/;
/** The local stack's own. */
const LOCAL_REGION = 'us-east-1';

/** @param configuredRegion what the AWS configuration of the machine says, asked last */
export async function awsConfig(
  options: Pick<GlobalOptions, 'region' | 'endpoint' | 'url'>,
  world: Pick<CliWorld, 'credentials' | 'fetch' | 'nowMs'>,
  configuredRegion: () => Promise<string | undefined>,
): Promise<AwsConfig> {
  const { endpoint } = options;
  if (endpoint !== undefined) checkedUrl(endpoint, '--endpoint');
  const region =
    options.region ??
    regionOfApi(options.url) ??
    (endpoint === undefined ? await configuredRegion() : LOCAL_REGION);
  if (region === undefined) {
    throw usageError('The AWS region is not known.', 'Pass --region, or set AWS_REGION.');
  }
  const clockAheadMs = await endpointClockAheadMs(endpoint, world);
  return {
    region,
    credentials: world.credentials,
    systemClockOffset: world.nowMs() + clockAheadMs - Date.now(),
    ...(endpoint !== undefined && { endpoint }),
  };
}

function regionOfApi(url: string | undefined): string | undefined {
  return url === undefined ? undefined : API_HOST.exec(checkedUrl(url, '--url').hostname)?.[1];
}

/** https, or http on this machine: signed requests go there. */
export function checkedUrl(text: string, option: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const loopback = url !== undefined && ['127.0.0.1', 'localhost', '[::1]'].includes(url.hostname);
  if (url?.protocol === 'https:' || (url?.protocol === 'http:' && loopback)) return url;
  throw usageError(`${option} must be an https URL (http is accepted for this machine only).`);
}
