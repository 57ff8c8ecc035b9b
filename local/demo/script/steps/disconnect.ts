import type { Environment } from '../environment.ts';

export interface DisconnectFinding {
  readonly disconnected: boolean;
}

/** Day 5: a user disconnects in the application. */
export async function disconnectOneUser({
  world,
  transcript,
  users,
  eventTimes,
}: Environment): Promise<DisconnectFinding> {
  const { leaver } = users;
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
  const notified = eventTimes(leaver, 'Disconnected').length === 1;
  transcript.expect('the application is notified by the event “Disconnected”', notified);
  return { disconnected: confirmed && notified && !readable };
}
