import { describe, expect, it } from 'vitest';
import { createDeadline } from '../../../functions/core/deadline.ts';
import type { TokenAnswer } from '../../../functions/core/ports/ims.ts';
import { postRefreshToken } from '../../../functions/core/rotation/refresh.ts';
import {
  COMMIT_MS,
  FUNCTION_TIMEOUT_MS,
  REPOST_AFTER_MS,
} from '../../../functions/core/rotation/time-budget.ts';
import { Secret } from '../../../functions/core/secret.ts';
import { createCollectingTelemetry } from '../../support/fakes/collecting-telemetry.ts';
import { createFakeClientSecretSource } from '../../support/fakes/fake-client-secret-source.ts';
import { createFakeIms, type ScriptedStep } from '../../support/fakes/fake-ims.ts';
import { createManualClock } from '../../support/fakes/manual-clock.ts';

/** One redemption by itself, with as much time as a run has. */
function createRedemption(remainingMs = FUNCTION_TIMEOUT_MS) {
  const clock = createManualClock();
  const ims = createFakeIms({ clock, mode: 'reuse' });
  const { refreshToken } = ims.ledger.grant({ subject: 'user-1@AdobeID' });
  const clientSecret = createFakeClientSecretSource();
  const startedAt = clock.monotonicMs();
  const postedAt: number[] = [];
  const lostAt: number[] = [];
  const elapsedMs = () => clock.monotonicMs() - startedAt;
  const run = async (...steps: readonly ScriptedStep[]) => {
    ims.script(...steps);
    const watched = {
      ...ims,
      refresh: (refresh: Parameters<typeof ims.refresh>[0]) => {
        postedAt.push(elapsedMs());
        return ims.refresh(refresh);
      },
    };
    const refreshed = await postRefreshToken(
      { ims: watched, clock, clientSecret, telemetry: createCollectingTelemetry() },
      {
        refreshToken,
        clientSecrets: { current: new Secret('client-secret') },
        onLost: async () => void lostAt.push(elapsedMs()),
      },
      createDeadline(clock, remainingMs),
    );
    return {
      ...refreshed,
      answeredAtMs: elapsedMs(),
      other: await refreshed.otherPost,
      settledAtMs: elapsedMs(),
    };
  };
  return { clock, ims, run, postedAt, lostAt };
}

function tokens(name: string): TokenAnswer {
  return {
    kind: 'tokens',
    tokens: { refreshToken: new Secret(name), hints: {}, anomalies: [] },
  };
}

const ANSWERS: Readonly<Record<TokenAnswer['kind'], (of: string) => TokenAnswer>> = {
  tokens,
  refused: (of) => ({ kind: 'refused', error: 'invalid_grant', debugId: of }),
  misconfigured: (of) => ({ kind: 'misconfigured', error: 'bad_request', debugId: of }),
  'user-action': (of) => ({ kind: 'user-action', error: 'ride_AdobeID_acct_terms', debugId: of }),
  wait: (of) => ({ kind: 'wait', retryAfterMs: 30_000, debugId: of }),
  unexpected: (of) => ({ kind: 'unexpected', status: 418, debugId: of }),
  unknown: (of) => ({ kind: 'unknown', reason: 'reset', debugId: of }),
};
const KINDS = Object.keys(ANSWERS) as TokenAnswer['kind'][];
/** From the answer that says least of the grant to the one that says most, tokens aside. */
const ORDER: readonly TokenAnswer['kind'][] = [
  'unknown',
  'unexpected',
  'wait',
  'misconfigured',
  'refused',
  'user-action',
];

/** When a second post follows an unanswered first one, and the latest arrival of an answer that can still be committed. */
const SECOND_AT_MS = 35_000;
const LAST_AT_MS = 45_000;

describe('A first post without an answer', () => {
  it('is waited for alone until a second one must be made, then both until their tokens must be committed', async () => {
    const { run, postedAt, lostAt } = createRedemption();
    const refreshed = await run({ lose: 'timeout' }, { lose: 'timeout' });
    expect(refreshed.answer).toEqual({ kind: 'unknown', reason: 'timeout' });
    expect(postedAt).toEqual([0, SECOND_AT_MS]);
    expect(lostAt).toEqual([SECOND_AT_MS]);
    expect(refreshed.settledAtMs).toBe(LAST_AT_MS);
    expect(refreshed.settledAtMs + COMMIT_MS).toBeLessThan(FUNCTION_TIMEOUT_MS);
  });

  it.each([1_000, 20_000, 22_000, 30_000, 34_999])(
    'needs no second one where it answers after %i ms',
    async (late) => {
      const { run, postedAt, lostAt } = createRedemption();
      expect((await run({ late })).answer.kind).toBe('tokens');
      expect(postedAt).toEqual([0]);
      expect(lostAt).toEqual([]);
    },
  );

  it('needs none either where it answers while its loss is reported', async () => {
    const { clock, ims } = createRedemption();
    ims.script({ late: SECOND_AT_MS + 500 });
    const { refreshToken } = ims.ledger.grant({ subject: 'user-1@AdobeID' });
    const { answer } = await postRefreshToken(
      { ims, clock, clientSecret: createFakeClientSecretSource(), telemetry: createCollectingTelemetry() },
      {
        refreshToken,
        clientSecrets: { current: new Secret('client-secret') },
        onLost: () => clock.sleep(1_000),
      },
      createDeadline(clock, FUNCTION_TIMEOUT_MS),
    );
    expect(answer.kind).toBe('tokens');
    expect(ims.calls.refreshes).toBe(1);
  });

  it('is waited for until the end where the time is too short for a second one', async () => {
    const { run, postedAt } = createRedemption(31_000);
    const refreshed = await run({ late: 20_500 });
    expect(refreshed.answer.kind).toBe('tokens');
    expect(postedAt).toEqual([0]);
  });

  const inOrder = KINDS.flatMap((first) =>
    KINDS.flatMap((second) => ['first', 'second'].map((earlier) => ({ first, second, earlier }))),
  );

  it.each(inOrder)(
    'answers $first late, the second post $second, $earlier answered first: tokens count, then what says more',
    async ({ first, second, earlier }) => {
      const { run, ims } = createRedemption();
      const refreshed = await run(
        { late: SECOND_AT_MS + (earlier === 'first' ? 1_000 : 6_000), answer: ANSWERS[first]('first') },
        { late: 3_000, answer: ANSWERS[second]('second') },
      );
      expect(ims.unusedSteps()).toBe(0);
      const [brought, lost] = earlier === 'first' ? [first, second] : [second, first];
      const of = brought === first && (first !== second || earlier === 'first') ? 'first' : 'second';
      if (brought === 'tokens') {
        expect(refreshed.answer).toEqual(tokens(of));
        expect(refreshed.other?.kind).toBe(lost);
        return;
      }
      expect(refreshed.otherPost).toBeUndefined();
      const winner =
        lost === 'tokens' ? 'tokens' : ORDER[Math.max(ORDER.indexOf(first), ORDER.indexOf(second))];
      expect(refreshed.answer.kind).toBe(winner);
      if (first === second) expect(refreshed.answer).toMatchObject(ANSWERS[second]('second'));
    },
  );

  it.each(KINDS)(
    'is settled at the timeout where it never answers, and the second post %s',
    async (second) => {
      const { run } = createRedemption();
      const refreshed = await run({ lose: 'timeout' }, { late: 1_000, answer: ANSWERS[second]('second') });
      expect(refreshed.answer.kind).toBe(second);
      expect(refreshed.settledAtMs).toBe(LAST_AT_MS);
    },
  );
});

describe('An answer that IMS gave and that did not arrive', () => {
  const LOST: readonly TokenAnswer[] = [
    { kind: 'unknown', reason: 'reset' },
    { kind: 'unknown', reason: 'server-error' },
    { kind: 'unknown', reason: 'malformed' },
    { kind: 'unexpected', status: 408 },
  ];

  it.each(LOST)('is followed by one second post, 12 s after the first: %j', async (answer) => {
    const { run, postedAt } = createRedemption();
    expect((await run({ late: 300, answer })).answer.kind).toBe('tokens');
    expect(postedAt).toEqual([0, REPOST_AFTER_MS]);
  });

  it('leaves the token in doubt where the second post is asked to wait', async () => {
    const { run } = createRedemption();
    const { answer } = await run({ lose: 'reset' }, { answer: { kind: 'wait', retryAfterMs: 30_000 } });
    expect(answer).toEqual({ kind: 'wait', retryAfterMs: 30_000, mayBeUsed: true });
  });

  it.each(LOST)('is followed by no third one: %j', async (answer) => {
    const { run, postedAt } = createRedemption();
    expect((await run({ answer }, { answer })).answer).toEqual(answer);
    expect(postedAt).toHaveLength(2);
  });

  it('is followed by a second post at once where the first took its time, as a gateway’s 504 does', async () => {
    const { run, postedAt } = createRedemption();
    await run({ late: 30_000, answer: { kind: 'unknown', reason: 'server-error' } });
    expect(postedAt).toEqual([0, 30_000]);
  });

  it('is followed by none where its answer could not be committed in time', async () => {
    const { run, postedAt } = createRedemption(31_000);
    await run({ late: 17_000, answer: { kind: 'unknown', reason: 'reset' } });
    expect(postedAt).toEqual([0]);
  });

  it.each<TokenAnswer>([
    { kind: 'unknown', reason: 'unreachable' },
    { kind: 'wait', retryAfterMs: 30_000 },
    { kind: 'wait', retryAfterMs: 30_000, mayBeUsed: true },
    { kind: 'refused', error: 'invalid_grant' },
    { kind: 'unexpected', status: 404 },
    { kind: 'unexpected', status: 408, error: 'slow_down' },
  ])('is not what %j says', async (answer) => {
    const { run, postedAt } = createRedemption();
    await run({ answer });
    expect(postedAt).toEqual([0]);
  });
});
