import { tokenDigest } from '../../../../functions/core/access-tokens/access-token-record.ts';
import { createBeginDisconnect } from '../../../../functions/core/connection/disconnect.ts';
import { createEraseSubject } from '../../../../functions/core/connection/erase-subject.ts';
import { Secret } from '../../../../functions/core/secret.ts';
import { createFakeSubjectIndex } from '../../../support/fakes/fake-connection-indexes.ts';
import { type Ending, type Stage, within } from './race-stage.ts';
import { CONNECTION_ID, SUBJECTS } from './race-start.ts';

const SHORT_MS = 10_000;

export async function disconnect(stage: Stage): Promise<string> {
  const askedAt = stage.race.world.tick();
  const ended = await within(stage, 'disconnect', SHORT_MS, async ({ deps, rotator }) => {
    const { scopeSets } = deps.settings;
    return (await createBeginDisconnect({ ...deps, rotator, scopeSets })(CONNECTION_ID)).outcome;
  });
  if (ended === 'disconnecting') noteEnding(stage, 'disconnect', askedAt);
  return ended;
}

export async function erase(stage: Stage): Promise<string> {
  const askedAt = stage.race.world.tick();
  const ended = await within(stage, 'erase', SHORT_MS, async ({ deps, rotator }) => {
    const { scopeSets, clientId } = deps.settings;
    const { countUnknownOwners } = createFakeSubjectIndex(stage.race.world.memory);
    const subjects = { ...deps.subjects, countUnknownOwners };
    return (await createEraseSubject({ ...deps, subjects, rotator, scopeSets, clientId })(SUBJECTS.owner))
      .outcome;
  });
  if (ended === 'erasing') noteEnding(stage, 'erase', askedAt);
  return ended;
}

/** The caller of `DELETE /access-tokens/{id}` only waits; `rotate` does it. */
export async function revokeAccess(stage: Stage): Promise<string> {
  const { race, played, strike } = stage;
  const askedAt = race.world.tick();
  const ended = await race.rotate({ connectionId: CONNECTION_ID, trigger: 'revoke-access' }, strike);
  if (ended === 'died') return ended;
  if (ended.outcome === 'access-tokens-revoked' && ended.revokedAtAdobe) {
    played.toldRevoked.push(...invalidatedAndAlive(stage, askedAt));
  }
  return ended.outcome;
}

function invalidatedAndAlive({ race }: Stage, sinceAt: number): readonly string[] {
  const { ledger } = race.world.ims;
  const invalidated = new Set(
    race.history.cached.flatMap(({ at, invalidated: digest }) => (at > sinceAt && digest ? [digest] : [])),
  );
  return ledger
    .issued()
    .filter((token) => ledger.isLive(token) && invalidated.has(tokenDigest(new Secret(token))));
}

function noteEnding({ race, played }: Stage, does: Ending['does'], askedAt: number): void {
  played.endings.push({ does, askedAt, answeredAt: race.world.tick() });
}
