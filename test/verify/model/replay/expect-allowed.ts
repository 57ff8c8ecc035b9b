import type { EffectLog } from './observed-step.ts';
import { createReplay, type Replayed, type ReplayOptions } from './replay.ts';

/** Throws unless the model allows every step of the log. */
export function expectAllowed(log: EffectLog, options: ReplayOptions): void {
  const replayed = createReplay(options)(log);
  if (!replayed.allowed) throw new Error(refusalOf(log, replayed));
}

/** The refused step in words, with the steps before it. */
export function refusalOf(log: EffectLog, refused: Extract<Replayed, { allowed: false }>): string {
  const { at, step, why, closest } = refused;
  const before = log.steps
    .slice(Math.max(0, at - 5), at)
    .map((one, index) => `  ${at - 5 + index}: ${text(one)}`);
  return [
    `${log.connectionId}: step ${at} is not allowed by the protocol model: ${why}`,
    ...before,
    `> ${at}: ${text(step)}`,
    `  The model would allow: ${closest}`,
  ].join('\n');
}

function text(step: unknown): string {
  return JSON.stringify(step);
}
