import { DescribeKeyCommand, KMSClient } from '@aws-sdk/client-kms';
import { describe, expect, it } from 'vitest';
import type { AwsEndpoint, CallMoment } from '../../../local/aws/aws-endpoint.ts';
import type { Fault } from '../../../local/aws/faults.ts';
import { createKmsService } from '../../../local/aws/kms/kms-service.ts';
import {
  accountId,
  allowAll,
  clientConfig,
  directoryOf,
  errorNameOf,
  policyOf,
  region,
  roleNamed,
  withEndpoint,
} from './local-account.ts';

const keyArn = `arn:aws:kms:${region}:${accountId}:key/11111111-2222-3333-4444-555555555555`;
const admin = roleNamed('admin', [allowAll]);

function directory() {
  const known = directoryOf(admin);
  const Principal = { AWS: `arn:aws:iam::${accountId}:root` };
  known.keyPolicies.set(keyArn, policyOf({ Effect: 'Allow', Principal, Action: 'kms:*', Resource: '*' }));
  return known;
}

async function callWatched(effect?: Fault['effect']) {
  const seen: CallMoment[] = [];
  await withEndpoint(
    { directory: directory(), services: [createKmsService({ keys: [{ keyArn }] })] },
    async (url, endpoint) => {
      endpoint.watchCalls((moment) => seen.push(moment));
      if (effect) endpoint.faults.next({ service: 'kms', effect });
      await errorNameOf(
        new KMSClient({ ...clientConfig(url, admin), maxAttempts: 1 }).send(
          new DescribeKeyCommand({ KeyId: keyArn }),
        ),
      );
      await settled(endpoint);
    },
  );
  return seen;
}

/** The last byte is away a moment after the client has it. */
async function settled({ inFlight }: AwsEndpoint) {
  do await new Promise((resolve) => setImmediate(resolve));
  while (inFlight() > 0);
}

function momentsOf(seen: readonly CallMoment[]) {
  return seen.map(({ moment, status }) => [moment, status]);
}

describe('a watcher of calls at the local AWS endpoint', () => {
  it('is notified when a call arrived, was done and was answered, in that order of one clock', async () => {
    const seen = await callWatched();
    expect(momentsOf(seen)).toEqual([
      ['arrived', undefined],
      ['done', 200],
      ['answered', 200],
    ]);
    const times = seen.map(({ atMonotonicMs }) => atMonotonicMs);
    expect(times).toEqual(times.toSorted((a, b) => a - b));
    expect(seen[0]?.call).toMatchObject({ service: 'kms', operation: 'DescribeKey' });
  });

  it('learns that a call was done whose reply was lost', async () => {
    expect(momentsOf(await callWatched({ kind: 'loseReply' }))).toEqual([
      ['arrived', undefined],
      ['done', 200],
      ['unanswered', 0],
    ]);
  });

  it('sees nothing done when the call is refused by a fault', async () => {
    const seen = await callWatched({ kind: 'error', code: 'KMSInternalException', status: 500 });
    expect(momentsOf(seen)).toEqual([
      ['arrived', undefined],
      ['answered', 500],
    ]);
  });

  it('sees a call done before the wait for its answer, when that is what is delayed', async () => {
    const seen = await callWatched({ kind: 'delay', delayMs: 30, after: true });
    const [, done, answered] = seen.map(({ atMonotonicMs }) => atMonotonicMs);
    // A timer may fire up to a millisecond early.
    expect((answered ?? 0) - (done ?? 0)).toBeGreaterThan(28);
  });

  it('is not notified after it has gone', async () => {
    const seen: CallMoment[] = [];
    const services = [createKmsService({ keys: [{ keyArn }] })];
    await withEndpoint({ directory: directory(), services }, async (url, endpoint) => {
      endpoint.watchCalls((moment) => seen.push(moment))();
      await new KMSClient(clientConfig(url, admin)).send(new DescribeKeyCommand({ KeyId: keyArn }));
      await settled(endpoint);
    });
    expect(seen).toEqual([]);
  });
});
