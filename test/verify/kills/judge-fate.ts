import type { ProviderMode } from './rotation-plan.ts';
import type { SeenMoment, Sighting } from './witness.ts';

/** How long a used refresh token stays good in `grace`. */
export type GraceSeconds = number | 'until-successor-used';

/** Everything known from outside of one rotation and of what became of its connection. */
export interface CaseFile {
  readonly mode: ProviderMode;
  readonly graceSeconds: GraceSeconds;
  /** Without `killed` among them it is a control. */
  readonly sightings: readonly Sighting[];
  /** Hours later: `kept` gave a token that IMS accepts, of the same grant; `lost` is refused by IMS. */
  readonly fate: 'kept' | 'lost' | 'unclear';
}

/** The part of the rotation in which the worker was ended. `theirs` and `ours` are the two parts of the window. */
export type KillPhase = 'never' | 'before-post' | 'posting' | 'theirs' | 'ours' | 'after';

/** `lost-outside` is a broken promise, and so is `unclear`. */
export type Finding = 'kept' | 'lost-in-window' | 'lost-after-grace' | 'lost-outside' | 'unclear';

export interface StoredTokenClass {
  readonly finding: Finding;
  readonly killPhase: KillPhase;
}

/** Half the lease: a post in that time is the dead worker's own, on its way when it died. */
const NOBODY_ELSE_WITHIN_MS = 30_000;

/** What may be lost, and only then: design, section 5, the honest remainder. */
export function judgeFate(file: CaseFile): StoredTokenClass {
  return { finding: findingOf(file), killPhase: killPhaseOf(file) };
}

function findingOf(file: CaseFile): Finding {
  if (file.fate !== 'lost') return file.fate;
  const spent = spentByTheDead(file.sightings);
  if (file.mode === 'reuse' || spent === undefined) return 'lost-outside';
  const repost = laterPost(file.sightings, spent);
  if (wasKept(file.sightings, spent, repost)) return 'lost-outside';
  return file.mode === 'grace' ? findingInGrace(file.graceSeconds, spent, repost) : 'lost-in-window';
}

/** The consumption that the killed worker's own post led to, though it may have come when that worker was dead. */
function spentByTheDead(sightings: readonly Sighting[]): Sighting | undefined {
  const killed = sightings.find(({ moment }) => moment === 'killed');
  if (killed === undefined) return undefined;
  const post = sightings.find(
    ({ moment, atMs }) => moment === 'arrived' && atMs <= killed.atMs + NOBODY_ELSE_WITHIN_MS,
  );
  return post && sightings.slice(sightings.indexOf(post)).find(({ moment }) => moment === 'consumed');
}

/** In `grace` a crash loses nothing while the spent token is still taken: only time may have run out. */
function findingInGrace(
  graceSeconds: GraceSeconds,
  spent: Sighting,
  repost: Sighting | undefined,
): 'lost-after-grace' | 'lost-outside' {
  if (graceSeconds === 'until-successor-used' || repost === undefined) return 'lost-outside';
  return repost.atMs >= spent.atMs + graceSeconds * 1_000 ? 'lost-after-grace' : 'lost-outside';
}

/** The next post of this connection, by whoever came after the dead worker. */
function laterPost(sightings: readonly Sighting[], spent: Sighting): Sighting | undefined {
  return sightings.slice(sightings.indexOf(spent)).find(({ moment }) => moment === 'arrived');
}

/** Stored or parked counts from the moment it was done, whether or not the worker lived to hear of it. */
function wasKept(sightings: readonly Sighting[], spent: Sighting, repost: Sighting | undefined): boolean {
  const end = repost === undefined ? sightings.length : sightings.indexOf(repost);
  return sightings
    .slice(sightings.indexOf(spent), end)
    .some(({ moment }) => moment === 'stored' || moment === 'parked');
}

function killPhaseOf({ sightings }: CaseFile): KillPhase {
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
