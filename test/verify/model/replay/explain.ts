import type { ProtocolState } from '../protocol-state.ts';
import { differences, type ModelTermEffect, viewOfAccess, viewOfModel } from './model-terms.ts';
import type { EffectLog } from './observed-step.ts';
import { createReplay, type Replayed, type ReplayOptions } from './replay.ts';
import type { StateSpace } from './state-space.ts';

/** Why no state of the model explains the step, and what the model would have allowed instead. */
export function explain(
  space: StateSpace,
  states: readonly ProtocolState[],
  step: ModelTermEffect,
): { readonly why: string; readonly closest: string } {
  const reached = space.quietly(states);
  const breaches = reached.flatMap((state) =>
    space
      .forbidden(state)
      .filter(({ next }) => distance(next, step) === 0)
      .map(({ label, breach }) => `${label}: ${breach}`),
  );
  const offered = reached.flatMap((state) =>
    space.showing(state).map((one) => ({ label: one.label, far: distance(one.next, step) })),
  );
  const nearest = Math.min(...offered.map(({ far }) => far));
  const labels = [...new Set(offered.filter(({ far }) => far === nearest).map(({ label }) => label))];
  const why = breaches[0] ?? `no step of the model ends in ${wordOf(step)}`;
  return { why, closest: labels.slice(0, 4).join(' | ') || 'nothing shows next' };
}

function distance(next: ProtocolState, step: ModelTermEffect): number {
  if (step.kind === 'connection') return differences(viewOfModel(next.connection), step.view).length;
  if (step.kind === 'access token') return differences(viewOfAccess(next.access), step.view).length;
  return 1;
}

function wordOf(effect: ModelTermEffect): string {
  return JSON.stringify(effect);
}

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
