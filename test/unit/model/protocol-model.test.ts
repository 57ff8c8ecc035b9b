import { describe, expect, it } from 'vitest';
import { CELLS, cellNamed, isHonestRemainder, WEAKENINGS } from '../../model/cells.ts';
import { checkCell, checkWeakening } from '../../model/check-model.ts';
import { REAL_DESIGN } from '../../model/design.ts';
import { explore } from '../../model/search.ts';

/** Left to `npm run verify:model`. */
const SLOW = [
  'crash and lost answer',
  'disconnect, then another user',
  'all about people',
  'parking among people',
];

describe('the protocol model', () => {
  it.each(CELLS.filter(({ name }) => !SLOW.some((slow) => name.endsWith(slow))))(
    'has the expected outcome in $name',
    (cell) => {
      expect(checkCell(cell).verdict).toBe(isHonestRemainder(cell) ? 'honest remainder' : 'holds');
    },
  );

  it.each(WEAKENINGS)('catches a design with: $name', (weakening) => {
    expect(checkWeakening(weakening).verdict).toBe('caught');
  });

  it('loses a family to a zombie only: killed before its lease ends, the same process loses nothing', () => {
    const zombie = cellNamed('zombie', 'family');
    expect(explore(zombie, REAL_DESIGN).found?.kind).toBe('loss');
    const killedInTime = { ...zombie, budget: { ...zombie.budget, zombies: 0, crashes: 1 } };
    expect(explore(killedInTime, REAL_DESIGN).found).toBeUndefined();
  });

  it('explores the same states in every run', () => {
    const cell = cellNamed('parking and crash', 'strict');
    expect(explore(cell, REAL_DESIGN)).toEqual(explore(cell, REAL_DESIGN));
  });
});
