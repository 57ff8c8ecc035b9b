import type { Environment } from '../environment.ts';
import type { DemoUser } from '../users.ts';

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

/** Day 50: the first reads of the connections that were idle until now. */
export async function readIdleConnections({ transcript, users }: Environment): Promise<void> {
  transcript.title('After 50 days a Lambda asks for the two idle connections');
  for (const user of [users.strictIdler, users.reuseIdler]) {
    transcript.expect(`${user.name}'s catalog is read`, await user.readCatalog(), user.notice());
  }
}

/** The last day: figures of one mode, over a connection read daily and one left alone. */
export async function figuresOfMode(
  { world, transcript, expiries }: Environment,
  mode: string,
  users: readonly DemoUser[],
  days: number,
): Promise<ModeFigures> {
  const reads: boolean[] = [];
  for (const user of users) reads.push((await user.readCatalog()) && user.state() === 'active');
  const ledgers = users.map(({ key }) => world.ims.ledger.user(key));
  const sum = (of: (ledger: (typeof ledgers)[number]) => number): number =>
    ledgers.reduce((total, ledger) => total + of(ledger), 0);
  const figures: ModeFigures = {
    connected: reads.every(Boolean),
    days,
    rotations: sum(({ tokenSuccesses }) => tokenSuccesses.refresh_token),
    expiries: users.reduce((total, { key }) => total + expiries.expiriesOf(key), 0),
    imsTokenPosts: sum(({ tokenPosts }) => Object.values(tokenPosts).reduce((a, b) => a + b, 0)),
    doubleSpends: sum(({ doubleSpends }) => doubleSpends),
    overlappingPosts: sum(({ overlappingPosts }) => overlappingPosts),
  };
  const names = users.map(({ name }) => name).join(' and ');
  transcript.expect(`${mode}: ${names} are still connected after ${days} days`, figures.connected);
  transcript.expect(`${mode}: nothing expired, no refresh token used twice`, isFlawless(figures));
  return figures;
}

export function isFlawless({ expiries, doubleSpends, overlappingPosts }: ModeFigures): boolean {
  return expiries === 0 && doubleSpends === 0 && overlappingPosts === 0;
}
