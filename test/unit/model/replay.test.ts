import { describe, expect, it } from 'vitest';
import { PROVIDER_MODES } from '../../../local/ims/refresh-token-rules.ts';
import { createFakeVault } from '../../support/fake-vault/fake-vault.ts';
import type { ScriptedStep } from '../../support/fakes/fake-ims.ts';
import { createCrashWorld } from '../../verify/faults/crash-world.ts';
import { expectAllowed } from '../../verify/model/replay/explain.ts';
import type {
  ObservedConnection,
  ObservedEffect,
  ObservedStep,
} from '../../verify/model/replay/observed-step.ts';
import { recordEffects } from '../../verify/model/replay/record-effects.ts';
import { createReplay } from '../../verify/model/replay/replay.ts';

const ANN = '1-ann';
const MINUTE_MS = 60_000;

const FRESH: ObservedConnection = {
  state: 'active',
  generation: ANN,
  version: 1,
  refresh: '0.1',
  commitIds: [],
  refusals: 0,
  tried: [],
  owedRevocations: 0,
};
const ROTATED: ObservedConnection = {
  ...FRESH,
  version: 2,
  refresh: '0.2',
  previous: '0.1',
  commitIds: ['c1'],
};
const ENDED: ObservedConnection = {
  state: 'disconnecting',
  generation: '2-end',
  version: 0,
  commitIds: [],
  refusals: 0,
  tried: [],
  owedRevocations: 1,
};

function leased(connection: ObservedConnection, runId: string, untilMs = MINUTE_MS): ObservedConnection {
  return {
    ...connection,
    lease: { runId, untilMs },
  };
}
function stored(after: ObservedConnection): ObservedEffect {
  return {
    kind: 'connection changed',
    before: undefined,
    after,
  };
}
function cached(generation: string, version: number): ObservedEffect {
  return {
    kind: 'access token changed',
    before: undefined,
    after: { kind: version === 0 ? 'tombstone' : 'token', generation, version },
  };
}
function postedFor(token: `${number}.${number}`, successor: `${number}.${number}`): ObservedEffect {
  return {
    kind: 'posted',
    token,
    ended: { kind: 'successor', successor },
  };
}
function refusedTo(token: `${number}.${number}`): ObservedEffect {
  return {
    kind: 'posted',
    token,
    ended: { kind: 'refused', because: 'ended' },
  };
}
const CONSENT: readonly ObservedEffect[] = [{ kind: 'consented', grant: 0, user: 'ann' }, stored(FRESH)];
const ROTATION: readonly ObservedEffect[] = [
  ...CONSENT,
  stored(leased(FRESH, 'a1')),
  postedFor('0.1', '0.2'),
  stored(ROTATED),
];

/** All at one moment, except effects with their own `atMs`. */
function logOf(effects: readonly (ObservedEffect & { readonly atMs?: number })[]) {
  const steps = effects.map((effect): ObservedStep => ({ atMs: 0, ...effect }));
  return { connectionId: 'acme.user-42', steps };
}

function replayed(effects: readonly (ObservedEffect & { readonly atMs?: number })[]) {
  return createReplay({ mode: 'strict' })(logOf(effects));
}

describe('a log is followed through the model', () => {
  it.each(PROVIDER_MODES)('and an ordinary life is allowed: %s', async (mode) => {
    const world = createCrashWorld(mode);
    const recorder = recordEffects(world);
    const { connectionId, dueAtMs = 0 } = await world.connect();
    world.clock.setNowMs(dueAtMs);
    await world.runRotate({ connectionId, trigger: 'schedule' });
    const [log] = await recorder.logs();
    expect(log?.steps.map(({ kind }) => kind)).toEqual([
      'consented',
      'connection changed',
      'connection changed',
      'posted',
      'connection changed',
      'access token changed',
    ]);
    if (log) expectAllowed(log, { mode });
  });

  const LATE: readonly (readonly [string, readonly ScriptedStep[]])[] = [
    ['in time', [{ late: 30_000 }]],
    ['while the second post is open', [{ late: 40_000 }]],
    ['before the answer to the second post', [{ late: 36_000 }, { late: 3_000 }]],
    ['too late', [{ late: 50_000 }]],
    ['to a post that IMS looked at after the second', [{ late: 40_000, acts: 'at the end' }]],
    ['and the second post is cut off', [{ late: 40_000 }, { lose: 'reset' }]],
    ['never, and the second post is cut off', [{ lose: 'timeout' }, { lose: 'reset' }]],
  ];

  it.each(PROVIDER_MODES.flatMap((mode) => LATE.map(([when, steps]) => ({ mode, when, steps }))))(
    'and a first post answered $when is allowed: $mode',
    async ({ mode, steps }) => {
      const world = createCrashWorld(mode);
      const recorder = recordEffects(world);
      const { connectionId } = await world.connect();
      world.ims.script(...steps);
      for (let runs = 0; runs < 3; runs += 1) {
        const { dueAtMs = 0 } = await world.stored(connectionId);
        world.clock.setNowMs(Math.max(dueAtMs, world.clock.nowMs()));
        await world.runRotate({ connectionId, trigger: 'schedule' });
      }
      expect(world.ims.unusedSteps()).toBe(0);
      const [log] = await recorder.logs();
      if (log) expectAllowed(log, { mode, hasLateAnswers: recorder.hasLateAnswers() });
    },
  );

  it.each(['same', 'none'] as const)(
    'and so are two answers that keep the refresh token: %s',
    async (successor) => {
      const bench = createFakeVault({ mode: 'reuse', successor });
      const recorder = recordEffects(bench);
      const { connectionId } = await bench.connect();
      bench.ims.script({ late: 40_000, acts: 'at the end' });
      await bench.fireDue(connectionId);
      await bench.fireDue(connectionId);
      const [log] = await recorder.logs();
      expect(log?.steps.length).toBeGreaterThan(4);
      if (log) expectAllowed(log, { mode: 'reuse', hasLateAnswers: true });
    },
  );

  it('and a rotation written by hand is allowed', () => {
    expect(replayed([...ROTATION, cached(ANN, 2)])).toEqual({ allowed: true, steps: 7 });
  });

  it('and the way back from the decision is allowed', () => {
    const once = { ...FRESH, state: 'suspect', refusals: 1 } as const;
    const twice = { ...once, state: 'needs-reauthorization', refusals: 2 } as const;
    const way = [
      ...CONSENT,
      stored(leased(FRESH, 'a1')),
      refusedTo('0.1'),
      stored(once),
      stored(leased(once, 'a2')),
      refusedTo('0.1'),
      stored(twice),
      stored(leased(twice, 'a3')),
      postedFor('0.1', '0.2'),
      stored(ROTATED),
    ];
    expect(replayed(way)).toMatchObject({ allowed: true });
  });

  it('and a lease that ran out may be taken over', () => {
    const late = { ...stored(leased(FRESH, 'a2', 10 * MINUTE_MS)), atMs: 2 * MINUTE_MS };
    expect(replayed([...CONSENT, stored(leased(FRESH, 'a1')), late])).toMatchObject({ allowed: true });
  });

  it('and a firing that was on its way when its schedule was removed may reopen the tombstone', () => {
    const uncommitted = { generation: ANN, version: 1, successor: '0.2', commitId: 'c1' } as const;
    const disconnected = stored({ ...ENDED, state: 'disconnected', version: 1, owedRevocations: 0 });
    const reopened = stored({ ...ENDED, version: 2 });
    const ended: readonly ObservedEffect[] = [
      stored(ENDED),
      cached('2-end', 0),
      { kind: 'revoked', tokens: ['0.1', '0.2'], by: 'vault' },
      disconnected,
    ];
    const parkedFirst: readonly ObservedEffect[] = [
      ...CONSENT,
      stored(leased(FRESH, 'a1')),
      postedFor('0.1', '0.2'),
      { kind: 'parked', parked: uncommitted },
    ];
    const taken: ObservedEffect = { kind: 'unparked', parked: uncommitted };
    // The process that parked it has ended by then.
    const later = [...ended, taken, reopened].map((effect) => ({ ...effect, atMs: 10 * MINUTE_MS }));
    expect(replayed([...parkedFirst, ...later])).toMatchObject({ allowed: true });
    expect(replayed([...CONSENT, ...ended, reopened])).toMatchObject({ allowed: false });
  });
});

describe('a log is refused at the step that the protocol forbids', () => {
  const parked = { generation: ANN, version: 1, successor: '0.2', commitId: 'c1' } as const;

  it.each<[string, readonly (ObservedEffect & { readonly atMs?: number })[]]>([
    ['a claim over a live lease', [...CONSENT, stored(leased(FRESH, 'a1')), stored(leased(FRESH, 'a2'))]],
    ['a post without a lease', [...CONSENT, postedFor('0.1', '0.2')]],
    [
      'a second post by another process while the lease is live',
      [...CONSENT, stored(leased(FRESH, 'a1')), postedFor('0.1', '0.2'), refusedTo('0.1'), refusedTo('0.1')],
    ],
    ['a successor that was never received', [...CONSENT, stored(leased(FRESH, 'a1')), stored(ROTATED)]],
    ['a second commit at the same version', [...ROTATION, stored({ ...ROTATED, refresh: '0.1' })]],
    ['a version that goes back', [...ROTATION, stored(FRESH)]],
    ['a version that is skipped', [...ROTATION.slice(0, -1), stored({ ...ROTATED, version: 3 })]],
    [
      'a commit that forgets the previous token',
      [...ROTATION.slice(0, -1), stored(withoutPrevious(ROTATED))],
    ],
    [
      'a post after the successor was committed',
      [...ROTATION, stored(leased(ROTATED, 'a2')), refusedTo('0.1')],
    ],
    [
      'a decision on one refusal',
      [
        ...CONSENT,
        stored(leased(FRESH, 'a1')),
        refusedTo('0.1'),
        stored({ ...FRESH, state: 'needs-reauthorization', refusals: 1 }),
      ],
    ],
    [
      'a commit of the first post’s tokens after the refusal of the second was decided on',
      [
        ...CONSENT,
        stored(leased(FRESH, 'a1')),
        postedFor('0.1', '0.2'),
        refusedTo('0.1'),
        stored({ ...FRESH, state: 'suspect', refusals: 1 }),
        stored(ROTATED),
      ],
    ],
    ['an access token before its refresh token', [...ROTATION.slice(0, -1), cached(ANN, 2)]],
    ['an access token of an unknown version', [...CONSENT, cached(ANN, 7)]],
    ['a publish over a tombstone', [...CONSENT, stored(ENDED), cached('2-end', 0), cached(ANN, 1)]],
    ['a commit over a disconnect', [...ROTATION.slice(0, -1), stored(ENDED), stored(ROTATED)]],
    ['a disconnect in an old generation', [...CONSENT, stored({ ...ENDED, generation: ANN })]],
    [
      'a late consent over a newer one',
      [
        ...CONSENT,
        { kind: 'consented', grant: 1, user: 'bob' },
        stored({ ...FRESH, generation: '3-bob', refresh: '1.1' }),
        stored({ ...FRESH, generation: '2-ann' }),
      ],
    ],
    ['a grant that is in use and revoked', [...CONSENT, { kind: 'revoked', tokens: ['0.1'], by: 'vault' }]],
    [
      'a parked successor that was never received',
      [...CONSENT, stored(leased(FRESH, 'a1')), { kind: 'parked', parked }],
    ],
    [
      'a schedule that goes before its successor is recovered',
      [...ROTATION.slice(0, -1), { kind: 'parked', parked }, { kind: 'unparked', parked }],
    ],
    [
      'a post although a successor is parked',
      [
        ...ROTATION.slice(0, -1),
        { kind: 'parked', parked },
        { ...stored(leased(FRESH, 'a2', 10 * MINUTE_MS)), atMs: 2 * MINUTE_MS },
      ],
    ],
  ])('%s', (_, effects) => {
    const log = logOf(effects);
    const last = log.steps.length - 1;
    expect(replayed(effects)).toMatchObject({ allowed: false, at: last });
    expect(() => expectAllowed(log, { mode: 'strict' })).toThrow(
      `step ${last} is not allowed by the protocol model`,
    );
  });
});

function withoutPrevious({ previous: _, ...connection }: ObservedConnection): ObservedConnection {
  return connection;
}
