import { become, drop, replace } from '../changes.ts';
import type { Mutant } from '../mutant.ts';
import { testFile } from './proofs.ts';

const connections = testFile('test/contract/connection-store.test.ts');
const accessTokens = testFile('test/contract/access-token-store.test.ts');
const consents = testFile('test/contract/consent-store.test.ts');
const breakers = testFile('test/contract/breaker-store.test.ts');
const repeated = testFile('test/contract/repeated-writes.test.ts');

/** Each condition of the real adapter is taken out of the requests to DynamoDB. */
export const STORE_MUTANTS: readonly Mutant[] = [
  {
    safeguard: 'DynamoDB: a claim ignores the lease',
    changes: [drop('mayClaim', 'noLeaseLiveAt')],
    noticedBy: [connections('of many callers exactly one gets it')],
  },
  {
    safeguard: 'DynamoDB: a claim ignores the state',
    changes: [drop('mayClaim', 'stateIsOneOf')],
    noticedBy: [connections('a state that is not among the given ones is not claimed')],
  },
  {
    safeguard: 'DynamoDB: a claim ignores generation and version',
    changes: [drop('mayClaim', 'tokenIsStill')],
    noticedBy: [connections('another version is not claimed')],
  },
  {
    safeguard: 'DynamoDB: a claim ignores a pause that another process has stored',
    changes: [drop('mayClaim', 'nextAttemptIs')],
    noticedBy: [connections('what was read before the next attempt was put off is not claimed')],
  },
  {
    safeguard: 'DynamoDB: an update ignores the revocations',
    changes: [drop('mayUpdate', '...(onlyIfRevocationsAre')],
    noticedBy: [connections('an update of pending revocations is a conflict once more are pending')],
  },
  {
    safeguard: 'DynamoDB: an update ignores the next attempt',
    changes: [drop('mayUpdate', '...(onlyIfNextAttemptIs')],
    noticedBy: [
      connections(
        'an update that plans a due time is a conflict once the next attempt was postponed, or no longer is',
      ),
    ],
  },
  {
    safeguard: 'DynamoDB: a lease has no margin for clocks that differ',
    changes: [replace('noLeaseLiveAt', 'nowMs - leaseMarginMs', 'nowMs')],
    noticedBy: [connections('a lease is live until its end plus the margin, and not longer')],
  },
  {
    safeguard: 'DynamoDB: a write ignores the version',
    changes: [
      replace(
        'tokenIsStill',
        "= :version', { generation, version }",
        "> :version', { generation, version: version - 99 }",
      ),
    ],
    noticedBy: [connections('of two commits of one version exactly one is stored')],
  },
  {
    safeguard: 'DynamoDB: a write ignores the generation',
    changes: [
      replace(
        'tokenIsStill',
        "'#generation = :generation AND #version = :version', { generation, version }",
        "'#version = :version', { version }",
      ),
    ],
    noticedBy: [connections('another generation')],
  },
  {
    safeguard: 'DynamoDB: an update ignores whose lease it is',
    changes: [drop('mayUpdate', '...(onlyIfLeasedBy')],
    noticedBy: [
      connections('an update by the lease holder is a conflict once the lease is another run’s or gone'),
    ],
  },
  {
    safeguard: 'DynamoDB: an update ignores the state',
    changes: [drop('mayUpdate', '...(onlyIfState')],
    noticedBy: [connections('an update that expects a state is a conflict once the state has changed')],
  },
  {
    safeguard: 'DynamoDB: an update ignores the outbox',
    changes: [drop('mayUpdate', '...(onlyIfOutboxIs')],
    noticedBy: [
      connections('an update that expects an outbox is a conflict once the outbox holds anything else'),
    ],
  },
  {
    safeguard: 'DynamoDB: an older generation replaces a newer one',
    changes: [replace('olderThan', '<', '<>')],
    noticedBy: [connections('an older generation writes nothing')],
  },
  {
    safeguard: 'DynamoDB: a new generation ignores what it replaces',
    changes: [drop('mayReplaceGeneration', 'storedIs(replacing), isNewer')],
    noticedBy: [connections('it writes only over exactly')],
  },
  {
    safeguard: 'DynamoDB: a tombstone is removed although a newer generation took its place',
    changes: [drop('createConnectionStore', 'generationIs(')],
    noticedBy: [connections('drops a tombstone of exactly this generation')],
  },
  {
    safeguard: 'DynamoDB: not only a tombstone can be removed',
    changes: [drop('createConnectionStore', "stateIs('disconnected')")],
    noticedBy: [connections('never drops anything but a tombstone')],
  },
  {
    safeguard: 'DynamoDB: an access token is published over a newer generation',
    changes: [replace('older', '< :generation', '<> :generation')],
    noticedBy: [accessTokens('an earlier generation with a higher version is superseded')],
  },
  {
    safeguard: 'DynamoDB: an access token is published over a newer version',
    changes: [replace('nothingNewerThan', '<= :version', '<= :version OR #version > :version')],
    noticedBy: [accessTokens('superseded')],
  },
  {
    safeguard: 'DynamoDB: a tombstone replaces a token of its own generation',
    changes: [
      replace(
        'nothingLivingSince',
        'tombstoneOf(generation)',
        "fragment('#generation = :generation', { generation })",
      ),
    ],
    noticedBy: [accessTokens('a tombstone does not invalidate the tokens of its own generation')],
  },
  {
    safeguard: 'DynamoDB: breakers are written over what another process wrote',
    changes: [
      replace('revisionIs', "= :revision', { revision }", "< :revision', { revision: revision + 99 }"),
    ],
    noticedBy: [breakers('a write on a revision that has moved is lost')],
  },
  {
    safeguard: 'DynamoDB: a publication that is sent again brings an invalidated token back',
    changes: [become('access-token-store#isOlder', 'true')],
    noticedBy: [repeated('never undoes an invalidation that came in between')],
  },
  {
    safeguard: 'DynamoDB: the release of a lease is sent twice',
    changes: [become('endsItsCondition', 'true')],
    noticedBy: [repeated('is sent once when it releases a lease')],
  },
  {
    safeguard: 'DynamoDB: a write of another process passes for the own one',
    changes: [become('holdsChanges', 'true')],
    noticedBy: [repeated('is unknown to the caller when another process changed the connection in between')],
  },
  {
    safeguard: 'DynamoDB: a state is consumed more than once',
    changes: [
      replace(
        'notThere',
        'attribute_not_exists(#key)',
        'attribute_not_exists(#key) OR attribute_exists(#key)',
      ),
    ],
    noticedBy: [consents('only the first of many callers consumes a state')],
  },
  {
    safeguard: 'DynamoDB: an expired record is read until its TTL deletes it',
    changes: [drop('createPendingConsents', 'nowMs < pendingEndsAtMs')],
    noticedBy: [consents('absent from the moment it expires')],
  },
  {
    safeguard: 'DynamoDB: a generation far ahead can never be replaced',
    changes: [
      replace(
        'mayReplaceGeneration',
        'return storedIs(replacing)',
        'return allOf(storedIs(replacing), isNewer)',
      ),
    ],
    noticedBy: [connections('a generation far ahead gives way to a write that names exactly what is stored')],
  },
  {
    safeguard: 'DynamoDB: a new generation overwrites the mark of a consent',
    changes: [
      replace('storedIs', 'markIs(consentUnderWay)', '...(consentUnderWay ? [markIs(consentUnderWay)] : [])'),
    ],
    noticedBy: [
      connections('with a replaced connection it does not write over the mark of a consent that came since'),
    ],
  },
];
