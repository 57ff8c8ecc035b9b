import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { KMSClient } from '@aws-sdk/client-kms';
import { STSClient } from '@aws-sdk/nested-clients/sts';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { arnsIn } from '../../../cli/commands/doctor-command.ts';
import { awsEndpoint, regionOfApiHost } from '../../../client/client-environment.ts';

interface Partition {
  readonly id: string;
  readonly outputs: { readonly dnsSuffix: string };
  readonly regions: Readonly<Record<string, unknown>>;
}

/** The AWS SDK's own list. No package exports it, so it is read from the file. */
async function partitionsOfTheSdk(): Promise<readonly Partition[]> {
  const core = join(createRequire(import.meta.url).resolve('@aws-sdk/core/package.json'), '..');
  const file = 'dist-es/submodules/client/util-endpoints/lib/aws/partitions.js';
  const source = await readFile(join(core, file), 'utf8');
  return JSON.parse(source.slice(source.indexOf('{'), source.lastIndexOf('}') + 1)).partitions;
}

const partitions = await partitionsOfTheSdk();
const regions = partitions.flatMap(({ id, regions, outputs }) =>
  Object.keys(regions)
    .filter((region) => !region.endsWith('-global'))
    .map((region) => ({ region, domain: outputs.dnsSuffix, partition: id })),
);
const providers = {
  dynamodb: new DynamoDBClient({ region: 'us-east-1' }).config.endpointProvider,
  kms: new KMSClient({ region: 'us-east-1' }).config.endpointProvider,
  sts: new STSClient({ region: 'us-east-1' }).config.endpointProvider,
};
const services = ['dynamodb', 'kms', 'sts'] as const;

afterEach(() => vi.unstubAllEnvs());

test('the SDK knows the partitions of China, GovCloud, the European Sovereign Cloud and four isolated ones', () => {
  expect(partitions.map(({ id }) => id)).toEqual(
    expect.arrayContaining(['aws', 'aws-cn', 'aws-us-gov', 'aws-eusc', 'aws-iso', 'aws-iso-b', 'aws-iso-e']),
  );
});

describe.each([false, true])('with AWS_USE_FIPS_ENDPOINT=%s', (UseFIPS) => {
  test.each(regions)('AWS services in $region are called where the SDK calls them', ({ region }) => {
    vi.stubEnv('AWS_USE_FIPS_ENDPOINT', String(UseFIPS));

    const endpoints = services.map((service) => awsEndpoint(service, region).href);

    expect(endpoints).toEqual(
      services.map(
        (service) => providers[service]({ Region: region, UseFIPS, UseDualStack: false }).url.href,
      ),
    );
  });
});

test.each(regions)('the printed policies name the partition of $region', ({ region, partition }) => {
  expect(arnsIn(region)('kms', 'key/*')).toBe(`arn:${partition}:kms:${region}:*:key/*`);
});

describe('the host name of an API', () => {
  test.each(regions)('names the region $region', ({ region, domain }) => {
    expect(regionOfApiHost(`abc123.execute-api.${region}.${domain}`)).toBe(region);
  });

  test.each([
    'vault.example.com',
    'abc123.execute-api.eu-west-1.amazonaws.com.cn',
    'abc123.execute-api.cn-north-1.amazonaws.com',
    'abc123.execute-api.eu-west-1.amazonaws.com.example.com',
    'abc123.execute-api.eusc-de-east-1.amazonaws.com',
  ])('%s names none', (host) => {
    expect(regionOfApiHost(host)).toBeUndefined();
  });
});
