import { isHonestRemainder, type Weakening } from './cells.ts';
import { REAL_DESIGN, without } from './design.ts';
import type { Violation } from './invariants.ts';
import { type Cell, type Explored, explore } from './search.ts';

export type CellResult = Explored & { readonly decision: 'holds' | 'honest remainder' | 'VIOLATED' };
export type WeakeningResult = Explored & { readonly decision: 'caught' | 'NOT CAUGHT' };

/** The real design may break nothing; in the one cell that cannot be defended it must lose, or the cell proves nothing. */
export function checkCell(cell: Cell): CellResult {
  if (!isHonestRemainder(cell)) {
    const explored = explore(cell, REAL_DESIGN);
    return { ...explored, decision: explored.found ? 'VIOLATED' : 'holds' };
  }
  // Every interleaving, so that the trace is the shortest.
  const explored = explore(cell, REAL_DESIGN, { reduced: false });
  return { ...explored, decision: explored.found?.kind === 'loss' ? 'honest remainder' : 'VIOLATED' };
}

/** A weakened design counts as caught when it loses a grant, crosses users, or calls a living grant revoked. */
export function checkWeakening({ cell, reconcile }: Weakening): WeakeningResult {
  const explored = explore(cell, without(reconcile), { counts: harms });
  return { ...explored, decision: explored.found ? 'caught' : 'NOT CAUGHT' };
}

function harms({ kind }: Violation): boolean {
  return kind !== 'rule';
}
