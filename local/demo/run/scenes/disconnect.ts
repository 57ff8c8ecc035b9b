import type { Stage } from '../stage.ts';

export interface DisconnectFinding {
  readonly disconnected: boolean;
}

/** Day 5: somebody disconnects in the application. */
export async function playDisconnect({
  world,
  transcript,
  people,
  eventTimes,
}: Stage): Promise<DisconnectFinding> {
  const { leaver } = people;
  transcript.title(`${leaver.name} disconnects`);
  transcript.expect('the catalog was read just before', await leaver.readCatalog(), leaver.notice());
  await leaver.disconnect();
  await world.stack.time.whenIdle();
  const { revocationsConfirmed, liveGrants } = world.ims.ledger.user(leaver.key);
  const confirmed = revocationsConfirmed.refresh > 0 && revocationsConfirmed.access > 0 && liveGrants === 0;
  transcript.expect(
    `IMS confirms the revocation of ${revocationsConfirmed.refresh} refresh and ${revocationsConfirmed.access} access tokens`,
    confirmed,
  );
  const { ok: readable } = await world.readCatalog(leaver.connectionId());
  transcript.expect('even the Lambda that still held an access token can read nothing with it', !readable);
  const told = eventTimes(leaver, 'Disconnected').length === 1;
  transcript.expect('the application is told by the event “Disconnected”', told);
  return { disconnected: confirmed && told && !readable };
}
