import { regionOfApiHost } from '../client/client-environment.ts';
import { isSecureUrl } from '../client/contract.ts';
import { httpDateMs } from '../functions/core/moment.ts';
import { usageError } from './cli-error.ts';
import type { AwsCredentialProvider, CliWorld, GlobalOptions } from './cli-world.ts';

/** What every AWS client of a command is made with. */
export interface AwsConfig {
  readonly region: string;
  readonly credentials: AwsCredentialProvider;
  readonly endpoint?: string;
  readonly systemClockOffset: number;
}

/** The local stack's region. */
const LOCAL_REGION = 'us-east-1';

/** @param configuredRegion from the AWS configuration of this machine; read last */
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
    throw usageError('No AWS region is set.', 'Pass --region, or set AWS_REGION.');
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
  return url === undefined ? undefined : regionOfApiHost(checkedUrl(url, '--url').hostname);
}

/** https, or http on this machine, because signed requests go there. */
export function checkedUrl(text: string, option: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url !== undefined && isSecureUrl(url)) return url;
  throw usageError(`${option} must be an https URL (or http on this machine), not ${text}.`);
}

/** `Date` headers have whole seconds. */
const NOISE_MS = 2_000;

/**
 * How far the clock behind an endpoint is ahead of this machine's. The local stack's clock jumps by weeks, and requests must be
 * signed with its time. For AWS itself this is 0: there a wrong clock is a fault that `doctor` finds.
 */
async function endpointClockAheadMs(
  endpoint: string | undefined,
  { fetch, nowMs }: Pick<CliWorld, 'fetch' | 'nowMs'>,
): Promise<number> {
  if (endpoint === undefined) return 0;
  const answer = await fetch(endpoint, { redirect: 'manual' }).catch(() => undefined);
  await answer?.body?.cancel();
  const theirsMs = httpDateMs(answer?.headers.get('date') ?? '');
  const aheadMs = theirsMs === undefined ? 0 : theirsMs - nowMs();
  return Math.abs(aheadMs) > NOISE_MS ? aheadMs : 0;
}
