import { randomBytes } from 'node:crypto';
import type { AccessToken } from '../../client/access-token.ts';
import type { AwsCallError } from '../../client/aws-json-call.ts';
import type { ConnectionStatusResponse } from '../../client/contract.ts';
import { createSignRequest } from '../../client/sign-request.ts';
import type { StoredAccessToken } from '../../client/stored-access-token.ts';
import { createTokenClient, type TokenClient } from '../../client/token-client.ts';
import { ConnectionNotFoundError, isVaultError } from '../../client/vault-error.ts';
import { isAccessTokenTaken } from '../../functions/adapters/ims/ims-endpoints.ts';
import { Secret } from '../../functions/core/secret.ts';
import type { AwsCredentialProvider } from '../cli-world.ts';
import { variableOf } from '../doctor/vault-facts.ts';
import { readStored } from './direct-read.ts';
import { failed, held, type StepOutcome, type VerificationStep } from './verification.ts';
import type { Walk } from './walk.ts';

/** What the steps about tokens learn of the connection. */
interface TokenState {
  token: AccessToken | undefined;
  stored: StoredAccessToken | undefined;
}

/** As a caller with the operator's AWS credentials: gets tokens both ways, rotates, and disconnects. */
export function tokenSteps(walk: Walk, refusedProfile: string | undefined): readonly VerificationStep[] {
  const state: TokenState = { token: undefined, stored: undefined };
  return [
    { name: 'refusal', needs: [], run: () => tryStrangers(walk, refusedProfile) },
    { name: 'vend', needs: ['callback'], run: () => vend(walk, state) },
    { name: 'direct-read', needs: ['vend'], run: () => readDirectly(walk, state) },
    { name: 'rotation', needs: ['vend'], run: () => rotate(walk, state) },
    { name: 'disconnect', needs: ['callback'], run: () => disconnect(walk, state) },
  ];
}

/** A client without a cache: each call asks the vault. */
async function clientOf(
  { session }: Walk,
  credentials: AwsCredentialProvider = session.world.credentials,
): Promise<TokenClient> {
  const { region, systemClockOffset } = await session.aws();
  return createTokenClient({
    url: (await session.place()).url,
    region,
    credentials,
    directRead: false,
    maxCacheSeconds: 0,
    fetch: session.world.fetch,
    nowMs: () => Date.now() + systemClockOffset,
  });
}

async function vend(walk: Walk, state: TokenState): Promise<StepOutcome> {
  const token = await (await clientOf(walk)).getAccessToken(walk.connectionId);
  state.token = token;
  walk.called.add('access-token');
  walk.secrets.set('the access token', token.accessToken);
  const accepted = await isAcceptedByAdobe(walk, token);
  if (accepted === false) {
    return failed(
      'The API gave an access token that Adobe does not accept.',
      "Compare the setting clientId and the API's of the credential in the Adobe Developer Console.",
    );
  }
  return held(
    `The API gave an access token with ${token.scopes.length} scopes. ${accepted ? 'Adobe accepts it.' : 'Adobe did not say whether it accepts it.'}`,
  );
}

async function isAcceptedByAdobe(walk: Walk, token: AccessToken): Promise<boolean | undefined> {
  const imsBaseUrl = variableOf(await walk.facts(), 'rotate', 'IMS_BASE_URL') ?? '';
  return isAccessTokenTaken(imsBaseUrl, new Secret(token.accessToken), walk.session.world.fetch);
}

/** Table and key, without a Lambda in between. A consumer falls back to the API silently, so this step looks at the reason. */
async function readDirectly(walk: Walk, state: TokenState): Promise<StepOutcome> {
  const read = await readStored(walk);
  if (read.error !== undefined) return refusedRead(read.error);
  const { stored, token } = read;
  if (stored === undefined || token?.accessToken !== state.token?.accessToken) {
    return failed(
      stored === undefined
        ? 'The table AccessTokens holds no token of the connection.'
        : 'The token in the table AccessTokens could not be opened, or is another one than the API gave.',
      'Redeploy the vault: `npx cdk deploy <vault> --revert-drift`. Until then consumers ask the API, and get their tokens there.',
    );
  }
  state.stored = stored;
  return held('Read from the table and opened with the key: the same token as from the API.');
}

function refusedRead({ kind, message }: AwsCallError): StepOutcome {
  if (kind === 'denied') {
    const remedy =
      'Give your role the policy that `adobe-token-vault verify --print-policy` prints, and run it again.';
    return { outcome: 'unknown', seen: message, remedy };
  }
  const remedy = 'Read the finding access-key and access-tokens-table of `adobe-token-vault doctor`.';
  return failed(message, remedy);
}

const REQUEST_TIMEOUT_MS = 15_000;
const FORBIDDEN = 403;

/** An unsigned request, one with made-up credentials, and, where the operator names one, a role without a grant. */
async function tryStrangers(walk: Walk, refusedProfile: string | undefined): Promise<StepOutcome> {
  const { session, connectionId } = walk;
  const url = new URL(`access-tokens/${connectionId}`, (await session.place()).url.replace(/\/*$/, '/'));
  const { region, systemClockOffset } = await session.aws();
  const sign = createSignRequest({
    service: 'execute-api',
    region,
    credentials: madeUpCredentials(),
    nowMs: () => Date.now() + systemClockOffset,
  });
  const strangers = {
    'without a signature': {},
    'signed with made-up credentials': await sign({ method: 'GET', url, headers: {} }),
  };
  for (const [who, headers] of Object.entries(strangers)) {
    const signal = AbortSignal.timeout(REQUEST_TIMEOUT_MS);
    const answer = await session.world.fetch(url, { headers, redirect: 'manual', signal });
    await answer.body?.cancel();
    if (answer.status !== FORBIDDEN) return notRefused(`A request ${who} got status ${answer.status}.`);
  }
  const tried = 'Requests without a signature and with made-up credentials were refused.';
  if (refusedProfile === undefined) {
    return held(`${tried} No role without a grant was tried: name one with --refused-profile.`);
  }
  const refusal = await errorOf(async () => {
    const client = await clientOf(walk, session.world.credentialsOf(refusedProfile));
    await client.getAccessToken(connectionId);
  });
  if (refusal === 'access_denied') return held(`${tried} So was the profile ${refusedProfile}.`);
  return notRefused(`The profile ${refusedProfile} was not refused: ${refusal ?? 'it got a token'}.`);
}

function madeUpCredentials() {
  const accessKeyId = `AKIA${randomBytes(8).toString('hex').toUpperCase()}`;
  return { accessKeyId, secretAccessKey: randomBytes(30).toString('base64') };
}

function notRefused(seen: string): StepOutcome {
  return failed(
    seen,
    "Check that the URL is that of the vault, and which role the profile has. Find out who changed the API's routes or the role's policies (CloudTrail), and redeploy: `npx cdk deploy <vault> --revert-drift`.",
  );
}

const vendError = (walk: Walk): Promise<string | undefined> =>
  errorOf(async () => {
    await (await clientOf(walk)).getAccessToken(walk.connectionId);
  });

async function errorOf(run: () => Promise<void>): Promise<string | undefined> {
  try {
    await run();
    return undefined;
  } catch (error) {
    if (isVaultError(error)) return error.code;
    throw error;
  }
}

const ROTATION_TRIES = 4;
const LONGEST_PAUSE_SECONDS = 20;
/** Another run is at work, or Adobe did not answer: soon it can be tried again. */
const SOON = new Set(['busy', 'waiting', 'unknown', 'still-running', 'superseded']);

/** Rotates as an operator would, and looks that nothing was lost. */
async function rotate(walk: Walk, state: TokenState): Promise<StepOutcome> {
  const { session, connectionId } = walk;
  const api = await session.api();
  const before = await api.status(connectionId);
  const outcome = await rotateUntilSettled(walk);
  walk.called.add('rotate');
  if (outcome !== 'rotated') {
    return failed(
      `The rotation ended as ${outcome}.`,
      'The connection keeps its token. Look at `adobe-token-vault show` and at docs/rotation.md for the outcome.',
    );
  }
  const after = await api.status(connectionId);
  const problem = lossIn(before, after);
  if (problem !== undefined) return failed(problem, 'Read the log of the function rotate.');
  const token = await (await clientOf(walk)).getAccessToken(connectionId);
  walk.secrets.set('the second access token', token.accessToken);
  const accepted = await isAcceptedByAdobe(walk, token);
  if (token.accessToken === state.token?.accessToken || accepted === false) {
    const seen =
      accepted === false
        ? 'Adobe does not accept the access token of the rotation.'
        : 'After the rotation the API still gave the previous access token.';
    return failed(seen, 'Read the logs of the functions rotate and access-token.');
  }
  state.token = token;
  return generationOutcome(walk, state, after);
}

async function rotateUntilSettled({ session, connectionId, signal }: Walk): Promise<string> {
  let last = 'unknown';
  for (let number = 1; number <= ROTATION_TRIES && !signal.aborted; number += 1) {
    const { outcome, retryAfterSeconds = 5 } = await (await session.api()).rotate(connectionId);
    last = outcome;
    if (!SOON.has(outcome)) break;
    await session.world.sleep(Math.min(retryAfterSeconds, LONGEST_PAUSE_SECONDS) * 1000, signal);
  }
  return last;
}

function lossIn(before: ConnectionStatusResponse, after: ConnectionStatusResponse): string | undefined {
  if (after.state !== 'active') return `After the rotation the connection is ${after.state}.`;
  if (after.rotatedAt === undefined || after.rotatedAt === before.rotatedAt) {
    return 'The connection does not show the rotation.';
  }
  if (after.nextRotationAt === undefined) return 'After the rotation the connection has no next rotation.';
  const lost = before.scopes.filter((scope) => !after.scopes.includes(scope));
  return lost.length === 0 ? undefined : `The rotation lost the scopes ${lost.join(' ')}.`;
}

/** The version counts refresh tokens within a generation, and a rotation adds one. */
async function generationOutcome(
  walk: Walk,
  state: TokenState,
  { nextRotationAt, refreshExpiresAt }: ConnectionStatusResponse,
): Promise<StepOutcome> {
  const end = `Next rotation: ${nextRotationAt}. The grant expires: ${refreshExpiresAt ?? 'unknown'}.`;
  if (state.stored === undefined) {
    return held(`Adobe gave new tokens, and nothing was lost. Their version could not be read. ${end}`);
  }
  const { stored } = await readStored(walk);
  const grew = stored?.generation === state.stored.generation && stored.version === state.stored.version + 1;
  if (grew) {
    return held(
      `Version ${state.stored.version} became version ${stored.version} of the same generation. The API gives a new access token, and nothing was lost. ${end}`,
    );
  }
  return failed(
    `The table AccessTokens holds version ${stored?.version ?? 'none'}, not ${state.stored.version + 1}.`,
    'Read the log of the function rotate.',
  );
}

const REVOCATION_WAIT_SECONDS = 120;
const REVOCATION_PAUSE_SECONDS = 3;

/** Ends the connection, and waits until Adobe has confirmed the revocation. */
async function disconnect(walk: Walk, state: TokenState): Promise<StepOutcome> {
  const { session, connectionId } = walk;
  const api = await session.api();
  await api.disconnect(connectionId);
  walk.mayExist = false;
  // If it gave none before, its refusal now would show nothing.
  const vended = state.token === undefined ? undefined : await vendError(walk);
  if (state.token !== undefined && vended !== 'connection_not_found') {
    return failed(
      `After the disconnect the API answers ${vended ?? 'with a token'}.`,
      'Read the log of the function connections, and disconnect again.',
    );
  }
  const ended = await stateOnceRevoked(walk);
  if (ended !== 'disconnected') {
    return failed(
      `The connection is unusable, but still ${ended}: Adobe has not confirmed the revocation within ${REVOCATION_WAIT_SECONDS} seconds.`,
      'The vault tries again by itself. Look later with `adobe-token-vault show`, and read the log of the function rotate.',
    );
  }
  if (state.stored !== undefined && !(await readStored(walk)).isTombstone) {
    return failed(
      'The table AccessTokens holds no tombstone: a caller that reads directly may still get the token.',
      'Disconnect again, and read the log of the function connections.',
    );
  }
  return revocationOutcome(walk, state.token);
}

/** The vault drops what it need not or may not revoke. So Adobe is asked whether it still accepts the token. */
async function revocationOutcome(walk: Walk, token: AccessToken | undefined): Promise<StepOutcome> {
  if (token === undefined) return held('The connection ended. A tombstone stays for 7 days.');
  const accepted = await isAcceptedByAdobe(walk, token);
  if (accepted === false) {
    return held(
      'The API gives no token any more, and Adobe accepts none: it is revoked. A tombstone stays for 7 days.',
    );
  }
  return failed(
    `The API gives no token any more, and a tombstone stays for 7 days. But Adobe ${accepted === true ? 'still accepts' : 'did not say whether it accepts'} the last access token.`,
    'If your Adobe account has another connection in this vault, nothing is revoked, because that may end it too: sign in with another account. Otherwise read the log of the function rotate.',
  );
}

async function stateOnceRevoked(walk: Walk): Promise<string> {
  const { session, signal } = walk;
  let state = await stateOf(walk);
  for (
    let waited = 0;
    state !== 'disconnected' && waited < REVOCATION_WAIT_SECONDS && !signal.aborted;
    waited += REVOCATION_PAUSE_SECONDS
  ) {
    await session.world.sleep(REVOCATION_PAUSE_SECONDS * 1000, signal);
    state = await stateOf(walk);
  }
  return state;
}

/** The API shows no disconnected connection. */
async function stateOf({ session, connectionId }: Walk): Promise<string> {
  try {
    return (await (await session.api()).status(connectionId)).state;
  } catch (error) {
    if (error instanceof ConnectionNotFoundError) return 'disconnected';
    throw error;
  }
}
