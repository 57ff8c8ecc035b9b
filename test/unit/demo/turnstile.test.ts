import { expect, test } from 'vitest';
import { createTurnstile } from '../../../local/demo/world/turnstile.ts';

function gate() {
  let open = (): void => undefined;
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { open, opened };
}

test('the clock moves only when no work runs, and no work starts meanwhile', async () => {
  const turnstile = createTurnstile();
  const steps: string[] = [];
  const [work, move] = [gate(), gate()];
  const working = turnstile.whileSteady(async () => {
    await work.opened;
    steps.push('worked');
  });
  const moving = turnstile.alone(async () => {
    steps.push('moves');
    await move.opened;
    steps.push('moved');
  });
  const later = turnstile.whileSteady(async () => void steps.push('worked later'));
  expect(turnstile.isMoving()).toBe(true);
  work.open();
  await working;
  move.open();
  await Promise.all([moving, later]);
  expect(steps).toEqual(['worked', 'moves', 'moved', 'worked later']);
  expect(turnstile.isMoving()).toBe(false);
});

test('work that fails, and a move that fails, let the next one in', async () => {
  const turnstile = createTurnstile();
  const failure = () => Promise.reject(new Error('no'));
  await expect(turnstile.whileSteady(failure)).rejects.toThrow('no');
  await expect(turnstile.alone(failure)).rejects.toThrow('no');
  expect(await turnstile.whileSteady(async () => 'in')).toBe('in');
});

test('a read runs while the clock stands still, and at the latest when it has moved', async () => {
  const turnstile = createTurnstile();
  const steps: string[] = [];
  const look = (name: string) => turnstile.glance(async () => void steps.push(name));
  const reached = gate();
  const go = gate();
  const moving = turnstile.alone(async () => {
    reached.open();
    await go.opened;
    steps.push('moves');
    await turnstile.pause();
    steps.push('moves on');
  });
  await reached.opened;
  const first = look('first');
  const failing = turnstile.glance(() => Promise.reject(new Error('no')));
  go.open();
  await first;
  await expect(failing).rejects.toThrow('no');
  const second = look('second');
  await Promise.all([moving, second]);
  await look('third');
  expect(steps).toEqual(['moves', 'first', 'moves on', 'second', 'third']);
});
