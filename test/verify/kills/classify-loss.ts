import type { ProviderMode } from '../../../local/ims/refresh-token-rules.ts';
import { signedFetch } from '../../support/local-stack/signed-fetch.ts';
import type { KillWorld, Subject } from './kill-world.ts';
import { inPool } from './run-kills.ts';
import type { SeenMoment, Sighting } from './watch-rotations.ts';

/** How long a used refresh token stays valid in `grace`. */
export type GraceSeconds = number | 'until-successor-used';

/** Everything known from outside of one rotation and of what became of its connection. */
export interface WatchedRotation {
  readonly mode: ProviderMode;
  readonly graceSeconds: GraceSeconds;
  /** Without `killed` among them it is a control. */
  readonly sightings: readonly Sighting[];
  /** Hours later: `kept` gave a token that IMS accepts, of the same grant; `lost` is refused by IMS. */
  readonly grant: 'kept' | 'lost' | 'unclear';
}

/** The part of the rotation in which the worker was ended. `theirs` and `ours` are the two parts of the window. */
export type KillPhase = 'never' | 'before-post' | 'posting' | 'theirs' | 'ours' | 'after';

/** `lost-outside` is a broken promise, and so is `unclear`. */
export type Finding = 'kept' | 'lost-in-window' | 'lost-after-grace' | 'lost-outside' | 'unclear';

export interface Classified {
  readonly finding: Finding;
  readonly killPhase: KillPhase;
}

/** Half the lease: a post in that time is the killed worker's, on its way when it was killed. */
const NO_OTHER_POST_WITHIN_MS = 30_000;

/** A grant may be lost only between the moment IMS consumes its token and the moment the successor is stored or parked. */
export function classifyLoss(file: WatchedRotation): Classified {
  return { finding: findingOf(file), killPhase: killPhaseOf(file) };
}

function findingOf(file: WatchedRotation): Finding {
  if (file.grant !== 'lost') return file.grant;
  const spent = usedByKilledWorker(file.sightings);
  if (file.mode === 'reuse' || spent === undefined) return 'lost-outside';
  const repost = laterPost(file.sightings, spent);
  if (wasKept(file.sightings, spent, repost)) return 'lost-outside';
  return file.mode === 'grace' ? findingInGrace(file.graceSeconds, spent, repost) : 'lost-in-window';
}

/** The consumption that the killed worker's own post led to, though it may have come when that worker was dead. */
function usedByKilledWorker(sightings: readonly Sighting[]): Sighting | undefined {
  const killed = sightings.find(({ moment }) => moment === 'killed');
  if (killed === undefined) return undefined;
  const post = sightings.find(
    ({ moment, atMs }) => moment === 'arrived' && atMs <= killed.atMs + NO_OTHER_POST_WITHIN_MS,
  );
  return post && sightings.slice(sightings.indexOf(post)).find(({ moment }) => moment === 'consumed');
}

/** In `grace` a crash loses nothing while Adobe still accepts the used token: only time can run out. */
function findingInGrace(
  graceSeconds: GraceSeconds,
  spent: Sighting,
  repost: Sighting | undefined,
): 'lost-after-grace' | 'lost-outside' {
  if (graceSeconds === 'until-successor-used' || repost === undefined) return 'lost-outside';
  return repost.atMs >= spent.atMs + graceSeconds * 1_000 ? 'lost-after-grace' : 'lost-outside';
}

/** The next post of this connection, by a process that came after the dead worker. */
function laterPost(sightings: readonly Sighting[], spent: Sighting): Sighting | undefined {
  return sightings.slice(sightings.indexOf(spent)).find(({ moment }) => moment === 'arrived');
}

/** Stored or parked counts from the moment it was done, whether or not the worker lived to see the answer. */
function wasKept(sightings: readonly Sighting[], spent: Sighting, repost: Sighting | undefined): boolean {
  const end = repost === undefined ? sightings.length : sightings.indexOf(repost);
  return sightings
    .slice(sightings.indexOf(spent), end)
    .some(({ moment }) => moment === 'stored' || moment === 'parked');
}

function killPhaseOf({ sightings }: WatchedRotation): KillPhase {
  const killed = sightings.find(({ moment }) => moment === 'killed');
  if (killed === undefined) return 'never';
  const had = (...moments: readonly SeenMoment[]): boolean =>
    sightings.some(
      ({ moment, atMonotonicMs }) => moments.includes(moment) && atMonotonicMs <= killed.atMonotonicMs,
    );
  if (had('acknowledged', 'parked', 'returned')) return 'after';
  if (had('answered')) return 'ours';
  if (had('consumed')) return 'theirs';
  return had('arrived') ? 'posting' : 'before-post';
}

const HOUR_MS = 3_600_000;
/** A connection that is only busy, or waits for its turn, has answered by then. */
const LOOKS = 3;
/** Callers at once: fewer than there are workers, so that few of the killed ones must start again. */
export const READERS = 4;

type GrantEnd = WatchedRotation['grant'];

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
export async function findGrants(
  world: KillWorld,
  subjects: readonly Subject[],
  refusedBefore: ReadonlyMap<Subject, number>,
): Promise<Map<Subject, GrantEnd>> {
  const grants = new Map<Subject, GrantEnd>();
  let open = subjects;
  for (let look = 1; look <= LOOKS && open.length > 0; look += 1) {
    if (look > 1) await world.stack.time.advanceBy(HOUR_MS);
    const found = await inPool(open, READERS, async (subject): Promise<[Subject, GrantEnd]> => {
      if (await readsToken(world, subject)) return [subject, 'kept'];
      const isRefused = refusals(world, subject) > (refusedBefore.get(subject) ?? 0);
      return [subject, isRefused ? 'lost' : 'unclear'];
    });
    for (const [subject, grant] of found) grants.set(subject, grant);
    open = found.filter(([, grant]) => grant === 'unclear').map(([subject]) => subject);
  }
  return grants;
}

export function refusals({ ims }: KillWorld, { user }: Subject): number {
  const byError = ims.ledger.user(user).refusals;
  return Object.values(byError).reduce((sum, count) => sum + count, 0);
}
