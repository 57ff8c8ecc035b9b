import { PassThrough } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { askUser } from '../../../cli/process-world.ts';
import { awaitReturn } from '../../../cli/verify/browser-return.ts';
import {
  exitCodeOfSteps,
  failed,
  held,
  runSteps,
  type StepName,
  type VerificationStep,
} from '../../../cli/verify/verification.ts';
import { AccessDeniedError, TemporarilyUnavailableError } from '../../../client/vault-error.ts';

const step = (
  name: StepName,
  run: VerificationStep['run'] = async () => held('seen'),
  needs: readonly StepName[] = [],
): VerificationStep => ({ name, needs, run });

const outcomesOf = async (
  steps: readonly VerificationStep[],
  { skip = [], signal = new AbortController().signal }: { skip?: StepName[]; signal?: AbortSignal } = {},
) => {
  const results = await runSteps({ steps, skip: new Set(skip), signal, onResult: () => undefined });
  return { outcomes: results.map(({ outcome }) => outcome), code: exitCodeOfSteps(results) };
};

describe('The steps of a verification', () => {
  it('end with 0 only if each was seen to hold', async () => {
    expect(await outcomesOf([step('doctor'), step('quotas')])).toEqual({
      outcomes: ['held', 'held'],
      code: 0,
    });
    expect(await outcomesOf([step('doctor'), step('quotas')], { skip: ['quotas'] })).toEqual({
      outcomes: ['held', 'not-run'],
      code: 1,
    });
    expect(await outcomesOf([step('doctor', async () => failed('no', 'fix it'))])).toMatchObject({ code: 1 });
  });

  it('are not tried after one that they need and that did not hold', async () => {
    const denied = step('sign-in-page', async () => {
      throw new AccessDeniedError('no');
    });
    expect(await outcomesOf([denied, step('callback', undefined, ['sign-in-page'])])).toEqual({
      outcomes: ['unknown', 'not-run'],
      code: 1,
    });
    expect(await outcomesOf([denied, step('alarms')])).toEqual({ outcomes: ['unknown', 'held'], code: 3 });
  });

  it('fail when the vault cannot answer, and let a bug through', async () => {
    const unavailable = step('vend', async () => {
      throw new TemporarilyUnavailableError('not now');
    });
    expect(await outcomesOf([unavailable])).toEqual({ outcomes: ['failed'], code: 1 });
    const bug = step('vend', async () => {
      throw new RangeError('a bug');
    });
    await expect(outcomesOf([bug])).rejects.toThrow('a bug');
  });

  it('are not tried once the operator has left', async () => {
    const leaving = new AbortController();
    const last = step('doctor', async () => {
      leaving.abort();
      return held('seen');
    });
    expect(await outcomesOf([last, step('quotas')], { signal: leaving.signal })).toEqual({
      outcomes: ['held', 'not-run'],
      code: 1,
    });
  });
});

describe('Waiting for the browser', () => {
  const waitFor = (...typed: string[]) =>
    awaitReturn(
      {
        interactive: true,
        ask: async () => typed.shift(),
        receiveAt: async () => undefined,
        sleep: () => new Promise(() => undefined),
      },
      {
        invitation: 'Open this link.',
        returnTo: new URL('https://app.example.com/back'),
        appState: 'of-this-run',
        waitMs: 60_000,
        signal: new AbortController().signal,
        progress: () => undefined,
      },
    );

  it('takes the code of this sign-in, and of no other', async () => {
    const address = (state: string) => `https://app.example.com/back?connection_code=c&app_state=${state}`;
    expect(await waitFor('', address('of-another'), address('of-this-run'))).toMatchObject({ kind: 'code' });
    expect(await waitFor(address('of-another'))).toEqual({ kind: 'left' });
  });

  it('ends a question that is no longer asked', async () => {
    const [keyboard, screen] = [new PassThrough(), new PassThrough()];
    const over = new AbortController();
    const answer = askUser(keyboard, screen, 'Address: ', over.signal);
    over.abort();
    expect(await answer).toBeUndefined();
  });
});
