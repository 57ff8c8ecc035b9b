import type { Person } from '../person.ts';
import type { Stage } from '../stage.ts';

export interface ModeFigures {
  readonly connected: boolean;
  readonly days: number;
  /** Answered refreshes, as IMS counted them. */
  readonly rotations: number;
  readonly expiries: number;
  /** Everything posted to the token endpoint. */
  readonly imsTokenPosts: number;
  readonly doubleSpends: number;
  readonly overlappingPosts: number;
}

/** Day 50: the first reads for those whom nobody asked for. */
export async function playIdlersRead({ transcript, people }: Stage): Promise<void> {
  transcript.title('After 50 days somebody asks for the two idle connections');
  for (const person of [people.strictIdler, people.reuseIdler]) {
    transcript.expect(`${person.name}'s catalog is read`, await person.readCatalog(), person.notice());
  }
}

/** The last day: figures of one mode, over a connection read daily and one left alone. */
export async function playFinale(
  { world, transcript, expiries }: Stage,
  mode: string,
  persons: readonly Person[],
  days: number,
): Promise<ModeFigures> {
  const reads: boolean[] = [];
  for (const person of persons) reads.push((await person.readCatalog()) && person.state() === 'active');
  const ledgers = persons.map(({ key }) => world.ims.ledger.user(key));
  const sum = (of: (ledger: (typeof ledgers)[number]) => number): number =>
    ledgers.reduce((total, ledger) => total + of(ledger), 0);
  const figures: ModeFigures = {
    connected: reads.every(Boolean),
    days,
    rotations: sum(({ tokenSuccesses }) => tokenSuccesses.refresh_token),
    expiries: persons.reduce((total, { key }) => total + expiries.expiriesOf(key), 0),
    imsTokenPosts: sum(({ tokenPosts }) => Object.values(tokenPosts).reduce((a, b) => a + b, 0)),
    doubleSpends: sum(({ doubleSpends }) => doubleSpends),
    overlappingPosts: sum(({ overlappingPosts }) => overlappingPosts),
  };
  const names = persons.map(({ name }) => name).join(' and ');
  transcript.expect(`${mode}: ${names} are still connected after ${days} days`, figures.connected);
  transcript.expect(`${mode}: nothing expired, no refresh token spent twice`, isFlawless(figures));
  return figures;
}

export function isFlawless({ expiries, doubleSpends, overlappingPosts }: ModeFigures): boolean {
  return expiries === 0 && doubleSpends === 0 && overlappingPosts === 0;
}
