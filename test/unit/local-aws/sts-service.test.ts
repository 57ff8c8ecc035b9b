import { DescribeKeyCommand, KMSClient } from '@aws-sdk/client-kms';
import { describe, expect, it } from 'vitest';
import { type AwsCredentials, createSignRequest } from '../../../client/sign-request.ts';
import type { IamRole } from '../../../local/aws/iam-directory.ts';
import { createKmsService } from '../../../local/aws/kms/kms-service.ts';
import { createStsService } from '../../../local/aws/sts-service.ts';
import {
  accountId,
  allowAll,
  directoryOf,
  errorNameOf,
  policyOf,
  region,
  roleNamed,
  START_AT_MS,
  withEndpoint,
} from './local-account.ts';

const KEY_ARN = `arn:aws:kms:${region}:${accountId}:key/11111111-2222-3333-4444-555555555555`;
const HOUR_MS = 3_600_000;
const ROOT = { AWS: `arn:aws:iam::${accountId}:root` };
const TAGS = { 'Tags.member.1.Key': 'tenant', 'Tags.member.1.Value': 'acme' };

const caller = roleNamed('caller', [allowAll]);
const powerless = roleNamed('powerless', []);
const tenants: IamRole = {
  ...roleNamed('tenants', [
    {
      Effect: 'Allow',
      Action: 'kms:DescribeKey',
      Resource: '*',
      Condition: { StringEquals: { 'aws:PrincipalTag/tenant': 'acme' } },
    },
  ]),
  trust: policyOf({
    Effect: 'Allow',
    Principal: ROOT,
    Action: ['sts:AssumeRole', 'sts:TagSession'],
    Condition: { StringLike: { 'aws:RequestTag/tenant': '?*' } },
  }),
};

interface Account {
  readonly clock: { nowMs: number };
  assume(role: IamRole, form?: Record<string, string>): Promise<{ status: number; xml: string }>;
  /** Whether the credentials may describe the key. */
  describeKey(credentials: AwsCredentials): Promise<string>;
}

async function withAccount(test: (account: Account) => Promise<void>): Promise<void> {
  const clock = { nowMs: START_AT_MS };
  const directory = directoryOf(caller, powerless, tenants);
  directory.keyPolicies.set(
    KEY_ARN,
    policyOf({ Effect: 'Allow', Principal: ROOT, Action: 'kms:*', Resource: '*' }),
  );
  const nowMs = () => clock.nowMs;
  const services = [
    createStsService({ directory, nowMs }),
    createKmsService({ keys: [{ keyArn: KEY_ARN }] }),
  ];
  await withEndpoint({ directory, nowMs, services }, (url) =>
    test({
      clock,
      async assume(role, form = TAGS) {
        const endpoint = new URL(url);
        const { accessKeyId, secretAccessKey } = role;
        const credentials = { accessKeyId, secretAccessKey };
        const sign = createSignRequest({ service: 'sts', region, credentials, nowMs });
        const body = String(
          new URLSearchParams({
            Action: 'AssumeRole',
            Version: '2011-06-15',
            RoleArn: tenants.roleArn,
            RoleSessionName: 'session',
            ...form,
          }),
        );
        const headers = await sign({ method: 'POST', url: endpoint, headers: {}, body });
        const response = await fetch(endpoint, { method: 'POST', headers, body });
        return { status: response.status, xml: await response.text() };
      },
      describeKey: (credentials) =>
        errorNameOf(
          new KMSClient({
            endpoint: url,
            region,
            credentials,
            systemClockOffset: nowMs() - Date.now(),
            maxAttempts: 1,
          }).send(new DescribeKeyCommand({ KeyId: KEY_ARN })),
        ),
    }),
  );
}

function credentialsIn({ xml }: { xml: string }): AwsCredentials {
  const text = (name: string) => new RegExp(`<${name}>([^<]+)<`).exec(xml)?.[1] ?? '';
  return {
    accessKeyId: text('AccessKeyId'),
    secretAccessKey: text('SecretAccessKey'),
    sessionToken: text('SessionToken'),
  };
}

describe('AssumeRole on the local stack', () => {
  it('gives out a session whose tags IAM sees, for an hour', () =>
    withAccount(async ({ assume, describeKey, clock }) => {
      const session = credentialsIn(await assume(caller));
      expect(await describeKey(session)).toBe('no error');
      expect(
        await describeKey(credentialsIn(await assume(caller, { ...TAGS, 'Tags.member.1.Value': 'b' }))),
      ).toBe('AccessDeniedException');
      clock.nowMs += HOUR_MS;
      expect(await describeKey(session)).toBe('ExpiredTokenException');
    }));

  it('accepts no session without its token, or with the token of another', () =>
    withAccount(async ({ assume, describeKey }) => {
      const [one, other] = [credentialsIn(await assume(caller)), credentialsIn(await assume(caller))];
      const { accessKeyId, secretAccessKey } = one;
      expect(await describeKey({ accessKeyId, secretAccessKey })).toBe('UnrecognizedClientException');
      const sessionToken = other.sessionToken ?? '';
      expect(await describeKey({ accessKeyId, secretAccessKey, sessionToken })).toBe(
        'UnrecognizedClientException',
      );
    }));

  it.each<[string, IamRole, Record<string, string>]>([
    ['a caller without the permission', powerless, TAGS],
    ['a session that the trust policy refuses', caller, {}],
    ['an unknown role', caller, { ...TAGS, RoleArn: `${tenants.roleArn}-2` }],
  ])('refuses %s', (_what, role, form) =>
    withAccount(async ({ assume }) => {
      const { status, xml } = await assume(role, form);
      expect(status).toBe(403);
      expect(xml).toContain('<Code>AccessDenied</Code>');
    }),
  );

  it.each<[string, Record<string, string>]>([
    ['a wildcard in a tag', { ...TAGS, 'Tags.member.1.Value': '*' }],
    ['one key twice', { ...TAGS, 'Tags.member.2.Key': 'Tenant', 'Tags.member.2.Value': 'b' }],
    ['a chained session of more than an hour', { ...TAGS, DurationSeconds: '7200' }],
    ['a name with a space', { ...TAGS, RoleSessionName: 'a b' }],
  ])('refuses %s, as STS does', (_what, form) =>
    withAccount(async ({ assume }) => {
      expect(await assume(caller, form)).toMatchObject({ status: 400 });
    }),
  );
});
