import type { Mutant } from '../mutant.ts';
import { testFile } from './proofs.ts';

const CONDITIONS = 'functions/adapters/dynamodb/connection-conditions.ts';
const CONNECTIONS = 'functions/adapters/dynamodb/connection-store.ts';
const ACCESS_TOKENS = 'functions/adapters/dynamodb/access-token-store.ts';

const connections = testFile('test/contract/connection-store.test.ts');
const accessTokens = testFile('test/contract/access-token-store.test.ts');
const consents = testFile('test/contract/consent-store.test.ts');
const breakers = testFile('test/contract/breaker-store.test.ts');

/** Each condition of the real adapter is taken out of the requests that DynamoDB is sent. */
export const STORE_MUTANTS: readonly Mutant[] = [
  {
    safeguard: 'DynamoDB: a claim does not look at the lease',
    edits: [
      {
        file: CONNECTIONS,
        find: 'noLeaseLiveAt(nowMs, leaseMarginMs),',
        replace: '',
      },
    ],
    proof: connections,
    says: 'of many callers exactly one gets it',
  },
  {
    safeguard: 'DynamoDB: a claim does not look at the state',
    edits: [
      {
        file: CONNECTIONS,
        find: 'stateIsOneOf(states),',
        replace: '',
      },
    ],
    proof: connections,
    says: 'a state that is not among the given ones is not claimed',
  },
  {
    safeguard: 'DynamoDB: a claim does not look at generation and version',
    edits: [
      {
        file: CONNECTIONS,
        find: 'tokenIsStill(token),\n    stateIsOneOf',
        replace: 'stateIsOneOf',
      },
    ],
    proof: connections,
    says: 'another version is not claimed',
  },
  {
    safeguard: 'DynamoDB: a claim does not look at the pause that somebody else has stored',
    edits: [{ file: CONNECTIONS, find: 'nextAttemptIs(token.nextAttemptAtMs),', replace: '' }],
    proof: connections,
    says: 'what was read before the next attempt was put off is not claimed',
  },
  {
    safeguard: 'DynamoDB: an amendment does not look at the revocations',
    edits: [
      {
        file: CONNECTIONS,
        find: '...(onlyIfRevocationsAre === undefined ? [] : [revocationsAre(onlyIfRevocationsAre)]),',
        replace: '',
      },
    ],
    proof: connections,
    says: 'an amendment of owed revocations is lost once more are owed',
  },
  {
    safeguard: 'DynamoDB: an amendment does not look at the next attempt',
    edits: [
      {
        file: CONNECTIONS,
        find: '...(onlyIfNextAttemptIs === undefined ? [] : [nextAttemptIs(onlyIfNextAttemptIs ?? undefined)]),',
        replace: '',
      },
    ],
    proof: connections,
    says: 'an amendment of who planned a due time is lost once the next attempt was put off, or is not any more',
  },
  {
    safeguard: 'DynamoDB: a lease has no margin for clocks that differ',
    edits: [
      {
        file: CONDITIONS,
        find: '{ deadSinceMs: nowMs - leaseMarginMs }',
        replace: '{ deadSinceMs: nowMs }',
      },
    ],
    proof: connections,
    says: 'a lease is live until its end plus the margin, and not longer',
  },
  {
    safeguard: 'DynamoDB: a write does not look at the version',
    edits: [
      {
        file: CONDITIONS,
        find: "fragment('#generation = :generation AND #version = :version', { generation, version });",
        replace:
          "fragment('#generation = :generation AND #version > :version', { generation, version: version - 99 });",
      },
    ],
    proof: connections,
    says: 'of two commits of one version exactly one is stored',
  },
  {
    safeguard: 'DynamoDB: a write does not look at the generation',
    edits: [
      {
        file: CONDITIONS,
        find: "fragment('#generation = :generation AND #version = :version', { generation, version });",
        replace: "fragment('#version = :version', { version });",
      },
    ],
    proof: connections,
    says: 'another generation',
  },
  {
    safeguard: 'DynamoDB: an amendment does not look at whose lease it is',
    edits: [
      {
        file: CONNECTIONS,
        find: '...(onlyIfLeasedBy === undefined ? [] : [leasedBy(onlyIfLeasedBy)]),',
        replace: '',
      },
    ],
    proof: connections,
    says: 'an amendment of the lease holder is lost once the lease is another’s or gone',
  },
  {
    safeguard: 'DynamoDB: an amendment does not look at the state',
    edits: [
      {
        file: CONNECTIONS,
        find: '...(onlyIfState === undefined ? [] : [stateIs(onlyIfState)]),',
        replace: '',
      },
    ],
    proof: connections,
    says: 'an amendment for a state is lost once the state has changed',
  },
  {
    safeguard: 'DynamoDB: an amendment does not look at the outbox',
    edits: [
      {
        file: CONNECTIONS,
        find: '...(onlyIfOutboxIs === undefined ? [] : [outboxIs(onlyIfOutboxIs)]),',
        replace: '',
      },
    ],
    proof: connections,
    says: 'an amendment of an outbox is lost once the outbox holds anything else',
  },
  {
    safeguard: 'DynamoDB: an older generation begins over a newer one',
    edits: [
      {
        file: CONDITIONS,
        find: "fragment('#generation < :incoming', { incoming });",
        replace: "fragment('#generation <> :incoming', { incoming });",
      },
    ],
    proof: connections,
    says: 'an older generation writes nothing',
  },
  {
    safeguard: 'DynamoDB: a generation that begins does not look at what it replaces',
    edits: [
      {
        file: CONNECTIONS,
        find: 'return allOf(storedIs(replacing), isNewer);',
        replace: 'return isNewer;',
      },
    ],
    proof: connections,
    says: 'it writes only over exactly',
  },
  {
    safeguard: 'DynamoDB: a tombstone is dropped though a newer generation took its place',
    edits: [
      {
        file: CONNECTIONS,
        find: "allOf(generationIs(generation), stateIs('disconnected'));",
        replace: "allOf(stateIs('disconnected'));",
      },
    ],
    proof: connections,
    says: 'drops a tombstone of exactly this generation',
  },
  {
    safeguard: 'DynamoDB: more than a tombstone can be dropped',
    edits: [
      {
        file: CONNECTIONS,
        find: "allOf(generationIs(generation), stateIs('disconnected'));",
        replace: 'allOf(generationIs(generation));',
      },
    ],
    proof: connections,
    says: 'never drops anything but a tombstone',
  },
  {
    safeguard: 'DynamoDB: an access token is published over a newer generation',
    edits: [
      {
        file: ACCESS_TOKENS,
        find: "fragment('#generation < :generation', { generation });",
        replace: "fragment('#generation < :generation OR #generation > :generation', { generation });",
      },
    ],
    proof: accessTokens,
    says: 'an earlier generation with a higher version is superseded',
  },
  {
    safeguard: 'DynamoDB: an access token is published over a newer version',
    edits: [
      {
        file: ACCESS_TOKENS,
        find: '(attribute_not_exists(#version) OR #version <= :version)',
        replace: '(attribute_not_exists(#version) OR #version <= :version OR #version > :version)',
      },
    ],
    proof: accessTokens,
    says: 'superseded',
  },
  {
    safeguard: 'DynamoDB: a tombstone goes over a token of its own generation',
    edits: [
      {
        file: ACCESS_TOKENS,
        find: 'anyOf(nothingStored, older(generation), tombstoneOf(generation));',
        replace:
          "anyOf(nothingStored, older(generation), fragment('#generation = :generation', { generation }));",
      },
    ],
    proof: accessTokens,
    says: 'a tombstone does not invalidate the tokens of its own generation',
  },
  {
    safeguard: 'DynamoDB: breakers are written over what somebody else wrote',
    edits: [
      {
        file: 'functions/adapters/dynamodb/breaker-store.ts',
        find: "fragment('#revision = :revision', { revision });",
        replace: "fragment('#revision < :revision', { revision: revision + 99 });",
      },
    ],
    proof: breakers,
    says: 'a write on a revision that has moved is lost',
  },
  {
    safeguard: 'DynamoDB: a state is consumed more than once',
    edits: [
      {
        file: 'functions/adapters/dynamodb/consent-store.ts',
        find: "const notThere = fragment('attribute_not_exists(#key)');",
        replace: "const notThere = fragment('attribute_not_exists(#key) OR attribute_exists(#key)');",
      },
    ],
    proof: consents,
    says: 'only the first of many callers consumes a state',
  },
  {
    safeguard: 'DynamoDB: what has expired is there until its TTL is swept',
    edits: [
      {
        file: 'functions/adapters/dynamodb/consent-store.ts',
        find: 'return pending && nowMs < pendingEndsAtMs(pending) ? pending : undefined;',
        replace: 'return pending && (pending || pendingEndsAtMs(pending)) ? pending : undefined;',
      },
    ],
    proof: consents,
    says: 'absent from the moment it expires',
  },
  {
    safeguard: 'DynamoDB: a generation far ahead never gives way',
    edits: [
      {
        file: CONNECTIONS,
        find: 'return storedIs(replacing);',
        replace: 'return allOf(storedIs(replacing), isNewer);',
      },
    ],
    proof: connections,
    says: 'a generation far ahead gives way to whoever names exactly what is stored',
  },
  {
    safeguard: 'DynamoDB: a generation that begins writes over the mark of a consent',
    edits: [
      {
        file: 'functions/adapters/dynamodb/connection-conditions.ts',
        find: 'markIs(consentUnderWay),',
        replace: '...(consentUnderWay ? [markIs(consentUnderWay)] : []),',
      },
    ],
    proof: connections,
    says: 'with a replaced connection it does not write over the mark of a consent that came since',
  },
];
