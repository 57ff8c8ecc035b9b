import { RemovalPolicy } from 'aws-cdk-lib';
import { AttributeType, BillingMode, ProjectionType, Table } from 'aws-cdk-lib/aws-dynamodb';
import { Construct } from 'constructs';
import { acknowledgeRule } from '../iam/acknowledge-rule.ts';

export const DUE_INDEX = 'due';
export const SUBJECT_INDEX = 'subject';

const PROTECTED = {
  pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: true },
  deletionProtection: true,
  // Also after a failed first deployment: its rollback could not delete a protected table and would fail too.
  removalPolicy: RemovalPolicy.RETAIN,
};

/** TTL only cleans up: every expiry is checked in code. */
const TTL_ATTRIBUTE = 'ttlEpochSeconds';

export interface VaultTablesProps {
  /** Whether caches are protected and backed up as the connections are. */
  readonly protectAll: boolean;
}

/**
 * The three tables. They are encrypted with AWS-owned keys: the vault seals the tokens itself, and every reader of a
 * table would need permission for a customer-managed table key.
 */
export class VaultTables extends Construct {
  /** The only durable state. */
  readonly connections: Table;
  /** A cache. Its loss costs one refresh per connection. */
  readonly accessTokens: Table;
  /** Consent sessions, one-time codes, consumed states and breakers. Its loss loses no grant. */
  readonly ephemeral: Table;

  constructor(scope: Construct, id: string, { protectAll }: VaultTablesProps) {
    super(scope, id);
    const cache = protectAll ? PROTECTED : { removalPolicy: RemovalPolicy.DESTROY };

    this.connections = new Table(this, 'Connections', {
      partitionKey: { name: 'connectionId', type: AttributeType.STRING },
      billingMode: BillingMode.PAY_PER_REQUEST,
      ...PROTECTED,
    });
    this.connections.addGlobalSecondaryIndex({
      indexName: DUE_INDEX,
      partitionKey: { name: 'dueShard', type: AttributeType.NUMBER },
      sortKey: { name: 'dueAtMs', type: AttributeType.NUMBER },
      projectionType: ProjectionType.INCLUDE,
      nonKeyAttributes: ['refreshExpiresAtMs', 'state', 'sliding'],
    });
    this.connections.addGlobalSecondaryIndex({
      indexName: SUBJECT_INDEX,
      partitionKey: { name: 'subjectKey', type: AttributeType.STRING },
      projectionType: ProjectionType.KEYS_ONLY,
    });

    this.accessTokens = new Table(this, 'AccessTokens', {
      partitionKey: { name: 'connectionId', type: AttributeType.STRING },
      sortKey: { name: 'scopeSet', type: AttributeType.STRING },
      billingMode: BillingMode.PAY_PER_REQUEST,
      timeToLiveAttribute: TTL_ATTRIBUTE,
      ...cache,
    });

    this.ephemeral = new Table(this, 'Ephemeral', {
      partitionKey: { name: 'key', type: AttributeType.STRING },
      billingMode: BillingMode.PAY_PER_REQUEST,
      timeToLiveAttribute: TTL_ATTRIBUTE,
      ...cache,
    });

    acknowledgeRule(
      this.connections,
      'DynamoDBInBackupPlan',
      'Point-in-time recovery covers 35 days. Older copies hold only refresh tokens that have expired.',
    );
    for (const [table, reason] of [
      [this.accessTokens, 'It is a cache: one refresh per connection fills it again.'],
      [this.ephemeral, 'Everything in it expires within minutes or can be rebuilt.'],
    ] as const) {
      acknowledgeRule(table, 'DynamoDBInBackupPlan', reason);
      if (!protectAll) acknowledgeRule(table, 'DynamoDBPITREnabled', reason);
    }
  }
}
