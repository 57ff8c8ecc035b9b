import { describe, expect, it } from 'vitest';
import { type ParkedSuccessor, writeParkedInput } from '../../../functions/core/rotation/parked-successor.ts';
import type { RotateRequest } from '../../../functions/core/rotation/rotate-request.ts';
import { createRotateEvent, readRequest } from '../../../functions/rotate/event.ts';

const FUNCTION_ARN = 'arn:aws:lambda:eu-west-1:111122223333:function:vault-rotate';

function by(alias?: string) {
  return {
    remainingMs: 55_000,
    invokedArn: alias === undefined ? FUNCTION_ARN : `${FUNCTION_ARN}:${alias}`,
  };
}

function handlerOf(canaryConnectionId = '-') {
  const rotated: RotateRequest[] = [];
  const resealed: string[] = [];
  const handle = createRotateEvent({
    rotate: async (request) => {
      rotated.push(request);
      return { outcome: 'idle' };
    },
    reseal: async (connectionId) => {
      resealed.push(connectionId);
      return { outcome: 'unchanged', unreadable: 0 };
    },
    startDeadline: () => ({ remainingMs: () => 1 }),
    scheduleTargetArn: `${FUNCTION_ARN}:schedules`,
    canaryConnectionId,
  });
  return { handle, rotated, resealed };
}

describe('An event of rotate', () => {
  it('of the re-seal job goes to the re-seal, and to nothing that posts a token', async () => {
    const { handle, resealed } = handlerOf();
    const outcome = await handle({ connectionId: 'acme.user-42', trigger: 'reseal' }, by('live'));
    expect([resealed, outcome]).toEqual([['acme.user-42'], { outcome: 'unchanged', unreadable: 0 }]);
    expect(() => handle({ connectionId: '../42', trigger: 'reseal' }, by('live'))).toThrow(TypeError);
  });

  it('of a schedule holds the connection alone', () => {
    expect(readRequest({ connectionId: 'acme.user-42' })).toEqual({
      connectionId: 'acme.user-42',
      trigger: 'schedule',
    });
  });

  it('of a vend holds the caller’s requirement', () => {
    const request = {
      connectionId: 'acme.user-42',
      trigger: 'vend',
      requirement: { scopeSet: '*', minTtlSeconds: 300, rejected: { generation: 'G', version: 3 } },
    };
    expect(readRequest(JSON.parse(JSON.stringify(request)))).toEqual(request);
  });

  it('of a parked successor’s schedule carries the sealed bytes unchanged', () => {
    const parked: ParkedSuccessor = {
      connectionId: 'acme.user-42',
      generation: '01J0000000000000000000000A',
      version: 3,
      sealed: new Uint8Array([0, 1, 2, 254, 255]),
      commitId: 'commit-1',
      parkedAtMs: 1,
      refreshExpiresAtMs: 2,
      sliding: 'yes',
      subjectKey: 'key-of-the-user',
      ownerProof: 'proof',
    };
    const request = readRequest(JSON.parse(writeParkedInput(parked)));
    expect(request).toEqual({ connectionId: 'acme.user-42', trigger: 'parked', parked });
  });

  it.each([
    undefined,
    null,
    'text',
    {},
    { connectionId: '' },
    { connectionId: '../other' },
    { connectionId: 'a', trigger: 'parked' },
    { connectionId: 'a', trigger: 'vend', requirement: { scopeSet: '', minTtlSeconds: 300 } },
    { connectionId: 'a', requirement: { scopeSet: '*', minTtlSeconds: Number.NaN } },
  ])('that is malformed (%j) is refused without repeating its content', (event) => {
    expect(() => readRequest(event)).toThrow(new TypeError('The event is not a rotation request.'));
  });
});

describe('What comes by the alias of the schedules', () => {
  const connectionId = 'acme.user-42';
  const parked: ParkedSuccessor = {
    connectionId,
    generation: '01J0000000000000000000000A',
    version: 3,
    sealed: new Uint8Array([1]),
    commitId: 'commit-1',
    parkedAtMs: 1,
    refreshExpiresAtMs: 2,
    sliding: 'yes',
  };

  it.each([
    ['the due time of a connection', { connectionId }, { connectionId, trigger: 'schedule' }],
    ['a parked successor', JSON.parse(writeParkedInput(parked)), { connectionId, trigger: 'parked', parked }],
    [
      'the canary connection',
      { connectionId: 'ops.canary', trigger: 'canary' },
      { connectionId: 'ops.canary', trigger: 'canary' },
    ],
  ])('may be %s', async (_, input, request) => {
    const { handle, rotated } = handlerOf('ops.canary');
    await handle(input, by('schedules'));
    expect(rotated).toEqual([request]);
  });

  it.each([
    { connectionId, trigger: 'operator' },
    { connectionId, trigger: 'revoke-access' },
    { connectionId, trigger: 'reseal' },
    { connectionId, trigger: 'disconnect' },
    { connectionId, trigger: 'vend', requirement: { scopeSet: '*', minTtlSeconds: 0 } },
    { connectionId, trigger: 'schedule', requirement: { scopeSet: 'openid', minTtlSeconds: 0 } },
    { connectionId, requirement: { scopeSet: 'openid', minTtlSeconds: 0 } },
    { connectionId, trigger: 'canary' },
    { connectionId: '', trigger: 'canary' },
  ])('may not be %j', (input) => {
    const { handle, rotated, resealed } = handlerOf('ops.canary');
    expect(() => handle(input, by('schedules'))).toThrow(TypeError);
    expect([...rotated, ...resealed]).toEqual([]);
  });

  it('may rotate nothing before it is due where there is no canary connection', () => {
    const { handle } = handlerOf();
    expect(() => handle({ connectionId, trigger: 'canary' }, by('schedules'))).toThrow(TypeError);
  });

  it.each([undefined, 'live', '7'])('is distinguished from what comes by %s', async (alias) => {
    const { handle, rotated } = handlerOf();
    await handle({ connectionId, trigger: 'operator' }, by(alias));
    expect(rotated).toEqual([{ connectionId, trigger: 'operator' }]);
  });
});
