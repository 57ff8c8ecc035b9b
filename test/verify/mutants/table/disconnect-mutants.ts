import { always, become, drop, never, replace } from '../changes.ts';
import type { Mutant } from '../mutant.ts';
import { testFile } from './proofs.ts';

const disconnect = testFile('test/unit/rotation/disconnect.test.ts');
const beginDisconnect = testFile('test/unit/connection/disconnect.test.ts');
const displaced = testFile('test/unit/rotation/displaced-tokens.test.ts');
const refused = testFile('test/unit/rotation/pending-revocations.test.ts');
const formerScopeSets = testFile('test/unit/connection/former-scope-sets.test.ts');
const earlierGenerations = testFile('test/unit/access-tokens/tokens-of-earlier-generations.test.ts');

/** How a connection ends, and what is not vended afterwards. */
export const DISCONNECT_MUTANTS: readonly Mutant[] = [
  {
    safeguard: 'revocation: those pending on a refused connection wait for a due time of their own',
    changes: [never('work')],
    noticedBy: [refused('has it made although it is refused whenever it is due')],
  },
  {
    safeguard: 'revocation: a caller waits for those pending on a refused connection',
    changes: [drop('revokeAfterRefusal', "run.request.trigger !== 'schedule'")],
    noticedBy: [refused('lets no caller wait for it')],
  },
  {
    safeguard: 'revocation: a parked successor of a disconnected connection is forgotten',
    changes: [always('findParkedWithEnded', "kind !== 'refresh'")],
    noticedBy: [disconnect('keeps a parked successor where it is until its revocation is stored')],
  },
  {
    safeguard: 'revocation: a token is revoked although another connection of the same user may end with it',
    changes: [never('mayEndAnotherGrant', 'STATE_RULES')],
    noticedBy: [disconnect('does not revoke what may end another live connection of the same user')],
  },
  {
    safeguard: 'revocation: one that IMS did not confirm counts as done',
    changes: [replace('revoke', 'open.push(revocation)', "settled.push('revoked')")],
    noticedBy: [disconnect('is retried until IMS answers')],
  },
  {
    safeguard: 'disconnect: tokens that Adobe keeps alive after their use are forgotten',
    changes: [drop('refreshRevocations', '...displacedTokens')],
    noticedBy: [displaced('are revoked by a disconnect after 5 daily rotations')],
  },
  {
    safeguard: 'disconnect: displaced tokens are kept without bound',
    changes: [replace('displacedChanges', '.slice(0, MAX_DISPLACED)', '')],
    noticedBy: [displaced('are bounded in number, the newest kept')],
  },
  {
    safeguard: 'disconnect: an access token is invalidated before its revocation is stored',
    changes: [never('invalidateAccessTokens', "=== 'unsettled'")],
    noticedBy: [
      beginDisconnect('a revocation whose place other writes keep taking is not acknowledged either'),
    ],
  },
  {
    safeguard: 'disconnect: only access tokens of the configured scope sets are looked for',
    changes: [become('knownScopeSets', 'configured')],
    noticedBy: [
      formerScopeSets('a disconnect invalidates the token of a scope set that is no longer vended'),
    ],
  },
  {
    safeguard: 'disconnect: it takes over without bound what another writer put into the cache',
    changes: [replace('revocableTokens', '.slice(0, MAX_REVOCABLE)', '')],
    noticedBy: [
      beginDisconnect(
        'what another writer put into the cache cannot make the connection too large to be ended',
      ),
    ],
  },
  {
    safeguard: 'tombstones: a disconnect leaves the access tokens in the cache',
    changes: [
      replace(
        'createBeginDisconnect',
        'invalidateAccessTokens(deps, disconnecting)',
        "Promise.resolve('settled')",
      ),
    ],
    noticedBy: [beginDisconnect('access tokens of every scope set are invalidated under the new generation')],
  },
  {
    safeguard: 'tombstones: those that a disconnect could not write are not written by the revocation either',
    changes: [
      replace(
        'withoutAccessTokens',
        'await invalidateAccessTokens({ ...deps, scopeSets: deps.settings.scopeSets }, connection)',
        "'settled'",
      ),
    ],
    noticedBy: [
      disconnect('whose first run crashed before the tombstones still invalidates every access token'),
    ],
  },
  {
    safeguard: 'vend: a token of an earlier generation is handed out',
    changes: [drop('createCurrentTokens', 'record.generation >=')],
    noticedBy: [earlierGenerations('is not vended when a copy of it is put back after a disconnect')],
  },
  {
    safeguard: 'vend: a token without a connection is handed out',
    changes: [
      replace(
        'createCurrentTokens',
        'generation !== undefined && record.generation >= generation',
        "record.generation >= (generation ?? '')",
      ),
    ],
    noticedBy: [earlierGenerations('is not vended without a connection')],
  },
];
