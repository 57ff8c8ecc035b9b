import { LEASE_MARGIN_MS } from '../../../../functions/core/connection/connection.ts';
import { DAY_MS } from '../../../../functions/core/time-units.ts';
import { isLive, type ModelAccessItem, type ModelConnection, type User } from '../protocol-state.ts';
import type {
  EffectLog,
  ObservedAccessItem,
  ObservedConnection,
  ObservedParked,
  ObservedStep,
  ObservedToken,
  PostEnd,
} from './observed-step.ts';

/** An observed step in the model's own terms: generations, runs and grants are numbers. `at` is its place in the log. */
export interface ModelTermStep {
  readonly at: number;
  readonly effect: ModelTermEffect;
}

export type ModelTermEffect =
  /** `longExpired`: the token's end of life is so long past that no further try is worth it. */
  | { readonly kind: 'connection'; readonly view: ConnectionView; readonly longExpired: boolean }
  | { readonly kind: 'connection gone' }
  | { readonly kind: 'access token'; readonly view: AccessView }
  | { readonly kind: 'parked' | 'unparked'; readonly parked: ParkedView }
  | { readonly kind: 'consented'; readonly grant: number; readonly user: User }
  /** The vault stored the consent. Only consents that are redeemed later appear. */
  | { readonly kind: 'consent pending'; readonly grant: number; readonly generation: number }
  | { readonly kind: 'posted'; readonly token: ObservedToken; readonly ended: PostEnd }
  | { readonly kind: 'revoked'; readonly tokens: readonly ObservedToken[]; readonly by: 'vault' | 'user' }
  | { readonly kind: 'lease ran out' };

/** What model and table must agree on. Where nothing can be rotated the lease and the version serve the revocation alone. */
export interface ConnectionView {
  readonly state: ModelConnection['state'];
  readonly generation: number;
  readonly version: number;
  readonly refresh: ObservedToken | null;
  readonly previous: ObservedToken | null;
  readonly alternate: ObservedToken | null;
  readonly runId: number | null;
  readonly tried: string;
}

export interface AccessView {
  readonly kind: 'none' | 'token' | 'tombstone';
  readonly generation: number;
  readonly version: number;
}

export interface ParkedView {
  readonly generation: number;
  readonly version: number;
  readonly successor: ObservedToken;
}

const TRIED_AFTER_EXPIRY_MS = 14 * DAY_MS;

/** Translates a log into the model's terms. What the model does not know is left out, and leases end when their time is up. */
export function inModelTerms({ steps }: EffectLog): readonly ModelTermStep[] {
  const numbers = numbersOf(steps);
  const translated: ModelTermStep[] = [];
  let connection: ConnectionView | undefined;
  let leaseEndsAtMs: number | undefined;
  for (const [at, step] of steps.entries()) {
    if (leaseEndsAtMs !== undefined && step.atMs >= leaseEndsAtMs) {
      translated.push({ at, effect: { kind: 'lease ran out' } });
      leaseEndsAtMs = undefined;
    }
    for (const effect of effectsOf(step, numbers, connection)) translated.push({ at, effect });
    if (step.kind !== 'connection changed') continue;
    connection = step.after && viewOf(step.after, numbers);
    const { lease } = step.after ?? {};
    if (lease?.runId !== step.before?.lease?.runId || connection?.runId === null) {
      leaseEndsAtMs = lease && connection?.runId !== null ? lease.untilMs + LEASE_MARGIN_MS : undefined;
    }
  }
  return translated;
}

interface Numbers {
  generation(text: string): number;
  runId(text: string): number;
}

function numbersOf(steps: readonly ObservedStep[]): Numbers {
  const generations = new Set<string>();
  const runs: string[] = [];
  for (const step of steps) {
    if (step.kind === 'connection changed') {
      for (const item of [step.before, step.after]) {
        if (!item) continue;
        generations.add(item.generation);
        if (item.lease && isRotatable(item) && !runs.includes(item.lease.runId)) runs.push(item.lease.runId);
      }
    }
    if (step.kind === 'access token changed') {
      for (const item of [step.before, step.after]) if (item) generations.add(item.generation);
    }
    if (step.kind === 'parked' || step.kind === 'unparked') generations.add(step.parked.generation);
  }
  const inOrder = [...generations].sort();
  return {
    generation: (text) => inOrder.indexOf(text) + 1,
    runId: (text) => runs.indexOf(text) + 1,
  };
}

function effectsOf(
  step: ObservedStep,
  numbers: Numbers,
  connection: ConnectionView | undefined,
): readonly ModelTermEffect[] {
  switch (step.kind) {
    case 'connection changed':
      return connectionEffects(step, numbers, connection);
    case 'access token changed':
      return [{ kind: 'access token', view: accessViewOf(step.after, numbers) }];
    case 'parked':
    case 'unparked':
      return [{ kind: step.kind, parked: parkedViewOf(step.parked, numbers) }];
    case 'consented':
    case 'posted':
    case 'revoked':
      return [step];
  }
}

function connectionEffects(
  { after, atMs }: Extract<ObservedStep, { kind: 'connection changed' }>,
  numbers: Numbers,
  before: ConnectionView | undefined,
): readonly ModelTermEffect[] {
  if (after === undefined) return [{ kind: 'connection gone' }];
  const view = viewOf(after, numbers);
  if (JSON.stringify(view) === JSON.stringify(before)) return [];
  const longExpired = atMs > (after.endsOfLifeAtMs ?? Number.POSITIVE_INFINITY) + TRIED_AFTER_EXPIRY_MS;
  const changed = { kind: 'connection', view, longExpired } as const;
  const isConsent = isRotatable(after) && view.generation !== before?.generation;
  if (!isConsent || after.refresh === undefined || after.refresh === 'unknown') return [changed];
  const grant = Number.parseInt(after.refresh, 10);
  return [{ kind: 'consent pending', grant, generation: view.generation }, changed];
}

function viewOf(connection: ObservedConnection, numbers: Numbers): ConnectionView {
  const generation = numbers.generation(connection.generation);
  if (!isRotatable(connection)) return { ...NOTHING_HELD, state: stateOf(connection), generation };
  const { refresh = null, previous = null, alternate = null, lease, version, tried } = connection;
  return {
    state: stateOf(connection),
    generation,
    version,
    refresh,
    previous,
    alternate,
    runId: lease ? numbers.runId(lease.runId) : null,
    tried: tried.join(),
  };
}

const NOTHING_HELD: Omit<ConnectionView, 'state' | 'generation'> = {
  version: 0,
  refresh: null,
  previous: null,
  alternate: null,
  runId: null,
  tried: '',
};

function isRotatable({ state }: ObservedConnection): boolean {
  return state !== 'disconnecting' && state !== 'disconnected';
}

/** That the user must act first says nothing of the grant. The model has no such state. */
function stateOf({ state, refusals }: ObservedConnection): ModelConnection['state'] {
  if (state !== 'needs-user-action') return state;
  return refusals > 0 ? 'suspect' : 'active';
}

function accessViewOf(item: ObservedAccessItem | undefined, numbers: Numbers): AccessView {
  if (item === undefined) return { kind: 'none', generation: 0, version: 0 };
  return { kind: item.kind, generation: numbers.generation(item.generation), version: item.version };
}

function parkedViewOf({ generation, version, successor }: ObservedParked, numbers: Numbers): ParkedView {
  return { generation: numbers.generation(generation), version, successor };
}

/** The model's connection as the table would show it. */
export function viewOfModel(connection: ModelConnection): ConnectionView {
  const { state, generation, version, refresh, previous, alternate, lease, tried } = connection;
  if (!isLive(connection)) return { ...NOTHING_HELD, state, generation };
  const runId = lease?.runId ?? null;
  return { state, generation, version, refresh, previous, alternate, runId, tried: tried.join() };
}

export function viewOfAccess({ kind, generation, version }: ModelAccessItem): AccessView {
  return { kind, generation, version };
}

/** The fields in which two views differ; an unidentified token equals any token and differs from none. */
export function differences<View extends object>(expected: View, observed: View): readonly string[] {
  const fields = Object.keys(observed) as (keyof View & string)[];
  return fields.filter((field) => {
    const [one, other] = [expected[field], observed[field]];
    const isUnknown = (one === 'unknown' && other !== null) || (other === 'unknown' && one !== null);
    return one !== other && !isUnknown;
  });
}
