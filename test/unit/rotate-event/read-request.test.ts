import { describe, expect, it } from 'vitest';
import { writeParkedInput } from '../../../functions/core/domain/parked-input.ts';
import type { ParkedSuccessor } from '../../../functions/core/domain/rotate-request.ts';
import { createRotateEvent, readRequest } from '../../../functions/rotate/event.ts';

describe('An event of rotate', () => {
  it('of the re-seal job goes to the re-seal, and to nothing that posts a token', async () => {
    const seen: string[] = [];
    const handle = createRotateEvent({
      rotate: async () => {
        throw new Error('Nothing is rotated.');
      },
      reseal: async (connectionId) => {
        seen.push(connectionId);
        return { outcome: 'unchanged', unreadable: 0 };
      },
      startDeadline: () => ({ remainingMs: () => 1 }),
    });
    const outcome = await handle({ connectionId: 'acme.user-42', trigger: 'reseal' }, 55_000);
    expect([seen, outcome]).toEqual([['acme.user-42'], { outcome: 'unchanged', unreadable: 0 }]);
    expect(() => handle({ connectionId: '../42', trigger: 'reseal' }, 55_000)).toThrow(TypeError);
  });

  it('of an alarm holds the connection alone', () => {
    expect(readRequest({ connectionId: 'acme.user-42' })).toEqual({
      connectionId: 'acme.user-42',
      trigger: 'alarm',
    });
  });

  it('of a vend says what is wanted', () => {
    const request = {
      connectionId: 'acme.user-42',
      trigger: 'vend',
      wanted: { scopeSet: '*', minTtlSeconds: 300, rejected: { generation: 'G', version: 3 } },
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
      subjectKey: 'somebody',
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
    { connectionId: 'a', trigger: 'vend', wanted: { scopeSet: '', minTtlSeconds: 300 } },
    { connectionId: 'a', wanted: { scopeSet: '*', minTtlSeconds: Number.NaN } },
  ])('that is malformed (%j) is refused without repeating its content', (event) => {
    expect(() => readRequest(event)).toThrow(new TypeError('The event is not a rotation request.'));
  });
});
