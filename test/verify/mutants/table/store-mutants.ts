import { drop, replace } from '../changes.ts';
import type { Mutant } from '../mutant.ts';
import { testFile } from './proofs.ts';

const connections = testFile('test/contract/connection-store.test.ts');
const accessTokens = testFile('test/contract/access-token-store.test.ts');
const consents = testFile('test/contract/consent-store.test.ts');
const breakers = testFile('test/contract/breaker-store.test.ts');

/** Each condition of the real adapter is taken out of the requests that DynamoDB is sent. */
export const STORE_MUTANTS: readonly Mutant[] = [
  {
    safeguard: 'DynamoDB: a claim does not look at the lease',
    changes: [drop('mayClaim', 'noLeaseLiveAt(')],
    noticedBy: [connections('of many callers exactly one gets it')],
  },
  {
    safeguard: 'DynamoDB: a claim does not look at the state',
    changes: [drop('mayClaim', 'stateIsOneOf(')],
    noticedBy: [connections('a state that is not among the given ones is not claimed')],
  },
  {
    safeguard: 'DynamoDB: a claim does not look at generation and version',
    changes: [drop('mayClaim', 'tokenIsStill(')],
    noticedBy: [connections('another version is not claimed')],
  },
  {
    safeguard: 'DynamoDB: a claim does not look at the pause that somebody else has stored',
    changes: [drop('mayClaim', 'nextAttemptIs(')],
    noticedBy: [connections('what was read before the next attempt was put off is not claimed')],
  },
  {
    safeguard: 'DynamoDB: an amendment does not look at the revocations',
    changes: [drop('mayUpdate', 'onlyIfRevocationsAre === undefined')],
    noticedBy: [connections('an amendment of owed revocations is lost once more are owed')],
  },
  {
    safeguard: 'DynamoDB: an amendment does not look at the next attempt',
    changes: [drop('mayUpdate', 'onlyIfNextAttemptIs === undefined')],
    noticedBy: [
      connections(
        'an amendment of who planned a due time is lost once the next attempt was put off, or is not any more',
      ),
    ],
  },
  {
    safeguard: 'DynamoDB: a lease has no margin for clocks that differ',
    changes: [replace('noLeaseLiveAt', '- leaseMarginMs', '')],
    noticedBy: [connections('a lease is live until its end plus the margin, and not longer')],
  },
  {
    safeguard: 'DynamoDB: a write does not look at the version',
    changes: [
      replace(
        'tokenIsStill',
        "= :version', { generation, version",
        "> :version', { generation, version: version - 99",
      ),
    ],
    noticedBy: [connections('of two commits of one version exactly one is stored')],
  },
  {
    safeguard: 'DynamoDB: a write does not look at the generation',
    changes: [
      replace(
        'tokenIsStill',
        "generation = :generation AND #version = :version', { generation,",
        "version = :version', {",
      ),
    ],
    noticedBy: [connections('another generation')],
  },
  {
    safeguard: 'DynamoDB: an amendment does not look at whose lease it is',
    changes: [drop('mayUpdate', 'onlyIfLeasedBy === undefined')],
    noticedBy: [connections('an amendment of the lease holder is lost once the lease is another’s or gone')],
  },
  {
    safeguard: 'DynamoDB: an amendment does not look at the state',
    changes: [drop('mayUpdate', 'onlyIfState === undefined')],
    noticedBy: [connections('an amendment for a state is lost once the state has changed')],
  },
  {
    safeguard: 'DynamoDB: an amendment does not look at the outbox',
    changes: [drop('mayUpdate', 'onlyIfOutboxIs === undefined')],
    noticedBy: [connections('an amendment of an outbox is lost once the outbox holds anything else')],
  },
  {
    safeguard: 'DynamoDB: an older generation begins over a newer one',
    changes: [replace('olderThan', '<', '<>')],
    noticedBy: [connections('an older generation writes nothing')],
  },
  {
    safeguard: 'DynamoDB: a generation that begins does not look at what it replaces',
    changes: [replace('mayBegin', 'allOf(storedIs(replacing), isNewer)', 'isNewer')],
    noticedBy: [connections('it writes only over exactly')],
  },
  {
    safeguard: 'DynamoDB: a tombstone is dropped though a newer generation took its place',
    changes: [drop('createConnectionStore', 'generationIs(')],
    noticedBy: [connections('drops a tombstone of exactly this generation')],
  },
  {
    safeguard: 'DynamoDB: more than a tombstone can be dropped',
    changes: [drop('createConnectionStore', 'stateIs(')],
    noticedBy: [connections('never drops anything but a tombstone')],
  },
  {
    safeguard: 'DynamoDB: an access token is published over a newer generation',
    changes: [replace('older', "generation'", "generation OR #generation > :generation'")],
    noticedBy: [accessTokens('an earlier generation with a higher version is superseded')],
  },
  {
    safeguard: 'DynamoDB: an access token is published over a newer version',
    changes: [replace('nothingNewerThan', ':version)', ':version OR #version > :version)')],
    noticedBy: [accessTokens('superseded')],
  },
  {
    safeguard: 'DynamoDB: a tombstone goes over a token of its own generation',
    changes: [
      replace(
        'nothingLivingSince',
        'tombstoneOf(generation',
        "fragment('#generation = :generation', { generation }",
      ),
    ],
    noticedBy: [accessTokens('a tombstone does not invalidate the tokens of its own generation')],
  },
  {
    safeguard: 'DynamoDB: breakers are written over what somebody else wrote',
    changes: [replace('revisionIs', "= :revision', { revision", "< :revision', { revision: revision + 99")],
    noticedBy: [breakers('a write on a revision that has moved is lost')],
  },
  {
    safeguard: 'DynamoDB: a state is consumed more than once',
    changes: [replace('notThere', "key)'", "key) OR attribute_exists(#key)'")],
    noticedBy: [consents('only the first of many callers consumes a state')],
  },
  {
    safeguard: 'DynamoDB: what has expired is there until its TTL is swept',
    changes: [
      replace(
        'createPendingConsents',
        'nowMs < pendingEndsAtMs(pending',
        '(pending || pendingEndsAtMs(pending)',
      ),
    ],
    noticedBy: [consents('absent from the moment it expires')],
  },
  {
    safeguard: 'DynamoDB: a generation far ahead never gives way',
    changes: [
      replace('mayBegin', 'return storedIs(replacing)', 'return allOf(storedIs(replacing), isNewer)'),
    ],
    noticedBy: [connections('a generation far ahead gives way to whoever names exactly what is stored')],
  },
  {
    safeguard: 'DynamoDB: a generation that begins writes over the mark of a consent',
    changes: [
      replace('storedIs', 'markIs(consentUnderWay', '...(consentUnderWay ? [markIs(consentUnderWay)] : []'),
    ],
    noticedBy: [
      connections('with a replaced connection it does not write over the mark of a consent that came since'),
    ],
  },
];
