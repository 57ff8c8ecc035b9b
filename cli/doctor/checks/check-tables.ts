import type { TableFacts } from '../../../functions/adapters/aws/inspection.ts';
import { type CheckName, error, type Finding, type Known, notKnown, orOk, warning } from '../finding.ts';
import type { VaultFacts } from '../vault-facts.ts';

const TTL_ATTRIBUTE = 'ttlEpochSeconds';
const INDEXES = ['due', 'subject'];
const RESTORE = 'Restore it, then copy the rows back: docs/operations.md, Point-in-time restore.';
const DEPLOY = 'Redeploy the vault: `npx cdk deploy <vault> --revert-drift`.';

export function checkConnectionsTable({ connectionsTable }: VaultFacts): readonly Finding[] {
  const check = 'connections-table';
  return checkTable(check, connectionsTable, RESTORE, (table) => {
    const missing = INDEXES.filter((index) => !table.indexes.includes(index));
    return [
      ...(table.pointInTimeRecovery
        ? []
        : [
            error(
              check,
              'Point-in-time recovery is off: a deleted table could not be restored.',
              'Enable it with `aws dynamodb update-continuous-backups`, or redeploy the vault with --revert-drift.',
            ),
          ]),
      ...(table.deletionProtection
        ? []
        : [
            error(
              check,
              'Deletion protection is off.',
              'Enable it with `aws dynamodb update-table`, or redeploy the vault with --revert-drift.',
            ),
          ]),
      ...(missing.length === 0
        ? []
        : [error(check, `The table lacks the index ${missing.join(', ')}.`, DEPLOY)]),
    ];
  });
}

export function checkAccessTokensTable({ accessTokensTable }: VaultFacts): readonly Finding[] {
  return checkTable('access-tokens-table', accessTokensTable, DEPLOY, cleansItself('access-tokens-table'));
}

export function checkEphemeralTable({ ephemeralTable }: VaultFacts): readonly Finding[] {
  return checkTable('ephemeral-table', ephemeralTable, DEPLOY, cleansItself('ephemeral-table'));
}

const cleansItself =
  (check: CheckName) =>
  ({ timeToLiveAttribute }: TableFacts): readonly Finding[] =>
    timeToLiveAttribute === TTL_ATTRIBUTE
      ? []
      : [
          warning(
            check,
            `Time to live is off, or not on ${TTL_ATTRIBUTE}: expired items stay and cost money.`,
            'Enable it with `aws dynamodb update-time-to-live`, or redeploy the vault with --revert-drift.',
          ),
        ];

function checkTable(
  check: CheckName,
  table: Known<TableFacts | undefined>,
  whenGone: string,
  further: (table: TableFacts) => readonly Finding[],
): readonly Finding[] {
  if (!table.known) return [notKnown(check, table)];
  if (table.value === undefined) return [error(check, 'The table was deleted.', whenGone)];
  return orOk(further(table.value), check, `It is ${table.value.status}, and its protection is complete.`);
}
