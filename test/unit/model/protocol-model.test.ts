import { describe, expect, it } from 'vitest';
import { LEASE_MARGIN_MS } from '../../../functions/core/connection/connection.ts';
import {
  CLOCK_TOLERANCE_MS,
  FUNCTION_TIMEOUT_MS,
  LEASE_MS,
} from '../../../functions/core/rotation/time-budget.ts';
import { PROVIDER_MODES } from '../../../local/ims/refresh-token-rules.ts';
import {
  CELLS,
  cellNamed,
  checkCell,
  checkWeakening,
  isHonestRemainder,
  WEAKENINGS,
} from '../../verify/model/cells.ts';
import { REAL_DESIGN, without } from '../../verify/model/design.ts';
import { noteWindowLosses, violationIn } from '../../verify/model/invariants.ts';
import { initialState, type Mode, type ProtocolState } from '../../verify/model/protocol-state.ts';
import { type Cell, explore, stepsFrom, urgentWorker, withoutHopeless } from '../../verify/model/search.ts';
import { createStateKey } from '../../verify/model/state-key.ts';

/** Their full size is left to `npm run verify:model`. */
const SMALL = CELLS.map((cell) => shrunk(cell, 2, isAboutUsers(cell) ? 1 : 3 - cell.budget.graceEnds));
const TINY = CELLS.map((cell) => shrunk(cell, 2, isAboutUsers(cell) ? 1 : 2));

function isAboutUsers({ budget }: Cell): boolean {
  return budget.disconnects + budget.consentsByAnn + budget.consentsByBob > 0;
}

function tiny(kind: string, mode: Mode): Cell {
  return TINY.find((cell) => cell.kind === kind && cell.mode === mode) ?? cellNamed(kind, mode);
}

function shrunk(cell: Cell, workers: number, requests: number): Cell {
  return { ...cell, workers, budget: { ...cell.budget, requests } };
}

describe('the protocol model', () => {
  it.each(SMALL)('has the expected outcome in $name', (cell) => {
    expect(checkCell(cell).decision).toBe(isHonestRemainder(cell) ? 'honest remainder' : 'holds');
  });

  it('searches three workers with four requests, at least, in every cell of the long run', () => {
    const sizes = CELLS.map(({ workers, budget }) => Math.min(workers - 3, budget.requests - 4));
    expect(Math.min(...sizes)).toBe(0);
  });

  it.each(WEAKENINGS)('catches a design with: $name', (weakening) => {
    expect(checkWeakening(weakening).decision).toBe('caught');
  });

  it.each(['zombie', 'parking', 'crash and lost answer'])(
    'needs no claim conditioned on the evidence for a right decision (%s): that condition spares posts',
    (kind) => {
      expect(explore(tiny(kind, 'strict'), without('claimsWhatItRead')).found).toBeUndefined();
    },
  );

  it('explores the same states in every run', () => {
    const cell = tiny('parking and crash', 'strict');
    expect(explore(cell, REAL_DESIGN)).toEqual(explore(cell, REAL_DESIGN));
  });
});

describe('a process that outlives its lease', () => {
  it('can end a family; killed before its lease ends, the same process loses nothing', () => {
    const zombie = cellNamed('zombie', 'family');
    expect(explore(zombie, REAL_DESIGN).found?.kind).toBe('loss');
    const killedInTime = { ...zombie, budget: { ...zombie.budget, zombies: 0, crashes: 1 } };
    expect(explore(killedInTime, REAL_DESIGN).found).toBeUndefined();
  });

  /** That the deployed function's timeout is this very constant: test/infra/functions.test.ts. */
  it('does not exist: the kill comes before the lease ends by any process’s clock', () => {
    // The holder's clock may be late and the next claimer's early, each by the tolerance.
    const firstClaimByAnotherMs = LEASE_MS + LEASE_MARGIN_MS - 2 * CLOCK_TOLERANCE_MS;
    expect(FUNCTION_TIMEOUT_MS).toBeLessThan(firstClaimByAnotherMs);
    expect(FUNCTION_TIMEOUT_MS).toBeLessThan(LEASE_MS);
  });
});

describe('a second post after an unanswered first one', () => {
  const isEnded = ({ grants }: ProtocolState) => grants.some(({ live }) => live.length === 0);

  it('ends a family whose answer was only late; no other grant', () => {
    const ended = PROVIDER_MODES.filter((mode) => {
      const cell = tiny('late answer', mode);
      const alone = { ...cell, budget: { ...cell.budget, lostAnswers: 0, graceEnds: 0 } };
      return [...everyState(alone)].some(isEnded);
    });
    expect(ended).toEqual(['family']);
  });

  it('leaves two successors, of which the second is kept as alternate', () => {
    const cell = tiny('late answer', 'reuse');
    const kept = [...everyState(cell)].filter(({ connection }) => connection.alternate !== null);
    expect(kept.length).toBeGreaterThan(0);
  });
});

describe('what the search leaves out', () => {
  it.each(TINY)('changes no decision in $name', (cell) => {
    const full = explore(cell, REAL_DESIGN, { reduced: false });
    expect(explore(cell, REAL_DESIGN).found?.kind).toBe(full.found?.kind);
  });

  it.each([
    ['crash and lost answer', 'grace'],
    ['parking and crash', 'reuse'],
    ['late answer', 'grace'],
    ['late answer, crash and parking', 'strict'],
    ['disconnect, then another user', 'strict'],
  ] as const)('is no state that matters: %s, %s', (kind, mode) => {
    const cell = tiny(kind, mode);
    const keyOf = createStateKey(REAL_DESIGN);
    const reduced = new Set<string>();
    explore(cell, REAL_DESIGN, { visit: (state) => reduced.add(keyOf(state)) });
    const missed: ProtocolState[] = [];
    explore(cell, REAL_DESIGN, {
      reduced: false,
      visit: (state) => {
        if (!isFoundIn(reduced, keyOf, state, cell.budget.requests)) missed.push(state);
      },
    });
    expect(missed).toEqual([]);
  });

  it.each([
    ['parking', 'reuse'],
    ['zombie', 'grace'],
    ['late answer', 'grace'],
    ['late answer, crash and parking', 'reuse'],
    ['late answer', 'family'],
    ['disconnect, then another user', 'family'],
  ] as const)('has one key only if the same steps follow (%s, %s)', (kind, mode) => {
    const cell = tiny(kind, mode);
    const keyOf = createStateKey(REAL_DESIGN);
    const futures = new Map<string, string>();
    const split: ProtocolState[] = [];
    for (const state of everyState(cell)) {
      const future = futureOf(state, cell, keyOf);
      const key = keyOf(state);
      if (futures.has(key) && futures.get(key) !== future) split.push(state);
      futures.set(key, future);
    }
    expect(split).toEqual([]);
    expect(futures.size).toBeGreaterThan(100);
  });
});

/** Found itself, or as a state that differs only by requests made in vain. */
function isFoundIn(
  reduced: ReadonlySet<string>,
  keyOf: (state: ProtocolState) => string,
  state: ProtocolState,
  mostRequests: number,
): boolean {
  const home = withoutHopeless(state);
  if (urgentWorker(home) >= 0) return true;
  for (let requests = state.budget.requests; requests <= mostRequests; requests += 1) {
    if (reduced.has(keyOf({ ...home, budget: { ...home.budget, requests } }))) return true;
  }
  return false;
}

/** Every state, without the key's abstractions. */
function everyState(cell: Cell): Iterable<ProtocolState> {
  const start = initialState(cell.workers, cell.budget, cell.scope);
  const seen = new Map([[JSON.stringify(start), start]]);
  for (const state of seen.values()) {
    for (const step of stepsFrom(state, REAL_DESIGN, cell.mode)) {
      const next = noteWindowLosses(step.next);
      const key = JSON.stringify(next);
      if (!seen.has(key)) seen.set(key, next);
    }
  }
  return seen.values();
}

function futureOf(state: ProtocolState, cell: Cell, keyOf: (state: ProtocolState) => string): string {
  const steps = stepsFrom(state, REAL_DESIGN, cell.mode).map(({ next, breach }) => {
    const after = noteWindowLosses(next);
    return `${keyOf(after)} ${breach ?? violationIn(state, after)?.what ?? ''}`;
  });
  return [...new Set(steps)].sort().join('|');
}
