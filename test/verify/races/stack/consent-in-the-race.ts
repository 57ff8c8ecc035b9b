import type { SeenIssue } from './race-log.ts';
import { type RaceWorld, userOf } from './race-world.ts';

/** What a browser brought back: a one-time code that still has to be redeemed. */
export interface PreparedConsent {
  readonly connectionCode: string;
  readonly issued: SeenIssue;
}

/**
 * Sends a browser through a consent session, without redeeming. Unlike the browser of the demo it answers the consent page
 * for a user of its own, so that many may be on their way at once.
 */
export async function consentOf(
  world: RaceWorld,
  connectionId: string,
  by: 'same' | 'other',
): Promise<PreparedConsent> {
  const opened = await world.api.openConsent(connectionId, {
    returnTo: world.landingUrl,
    appState: 'state-of-the-app-0123456789',
  });
  if (!opened.ok) throw new Error(`No consent session: ${JSON.stringify(opened.problem)}`);
  const begun = await fetch(opened.value.authorizeUrl, { redirect: 'manual' });
  const cookie = begun.headers
    .getSetCookie()
    .map((line) => line.split(';')[0])
    .join('; ');
  const decided = await fetch(locationOf(begun), {
    method: 'POST',
    redirect: 'manual',
    body: new URLSearchParams({ user: userOf(connectionId, by), decision: 'approve' }),
  });
  const before = world.logOf(connectionId).codeExchanges.length;
  const back = locationOf(await fetch(locationOf(decided), { redirect: 'manual', headers: { cookie } }));
  const issued = world.logOf(connectionId).codeExchanges[before];
  const connectionCode = new URL(back).searchParams.get('connection_code');
  if (!connectionCode || !issued) throw new Error(`The consent came to nothing: ${new URL(back).search}`);
  return { connectionCode, issued };
}

function locationOf(response: Response): string {
  const location = response.headers.get('location');
  if (location === null) throw new Error(`Expected a redirect, got ${response.status}.`);
  return location;
}
