import { signedFetch } from '../../support/local-stack/signed-fetch.ts';
import { inPool } from './in-pool.ts';
import type { CaseFile } from './judge-fate.ts';
import type { KillWorld, Subject } from './kill-world.ts';

const HOUR_MS = 3_600_000;
/** A connection that is only busy, or waits for its turn, has answered by then. */
const LOOKS = 3;
/** So many ask at once: fewer than the workers there are, so that few of those killed must start again. */
export const READERS = 4;

type Fate = CaseFile['fate'];

/** Asks the vault for an access token and IMS what it is worth. */
export async function readsToken(world: KillWorld, subject: Subject): Promise<boolean> {
  const response = await signedFetch(`${world.stack.apiUrl}/access-tokens/${subject.connectionId}`, {
    credentials: world.stack.credentialsOf('LightroomReaderRole'),
    nowMs: world.clock.nowMs(),
  });
  const body = (await response.json()) as { accessToken?: unknown };
  if (typeof body.accessToken !== 'string') return false;
  const token = world.ims.inspectAccessToken(body.accessToken);
  return token.standing === 'live' && token.user === subject.user && token.grant === subject.grant;
}

/** `refusedBefore`: how many refusals IMS had counted for each user before the rotation. */
export async function findFates(
  world: KillWorld,
  subjects: readonly Subject[],
  refusedBefore: ReadonlyMap<Subject, number>,
): Promise<Map<Subject, Fate>> {
  const fates = new Map<Subject, Fate>();
  let open = subjects;
  for (let look = 1; look <= LOOKS && open.length > 0; look += 1) {
    if (look > 1) await world.stack.time.advanceBy(HOUR_MS);
    const found = await inPool(open, READERS, async (subject): Promise<[Subject, Fate]> => {
      if (await readsToken(world, subject)) return [subject, 'kept'];
      const isRefused = refusals(world, subject) > (refusedBefore.get(subject) ?? 0);
      return [subject, isRefused ? 'lost' : 'unclear'];
    });
    for (const [subject, fate] of found) fates.set(subject, fate);
    open = found.filter(([, fate]) => fate === 'unclear').map(([subject]) => subject);
  }
  return fates;
}

export function refusals({ ims }: KillWorld, { user }: Subject): number {
  const byError = ims.ledger.user(user).refusals;
  return Object.values(byError).reduce((sum, count) => sum + count, 0);
}
