import { describe, expect, test } from 'vitest';
import { withChanges } from '../../../functions/core/connection/connection.ts';
import { exampleConnection } from '../../support/fakes/example-records.ts';

describe('changes of a connection', () => {
  const connection = exampleConnection({ lease: { runId: 'attempt-1', untilMs: 1 } });

  test('set what has a value, remove what is null and keep the rest', () => {
    const { lease: _, ...released } = connection;
    expect(withChanges(connection, { failures: 2, lease: null })).toEqual({ ...released, failures: 2 });
  });

  test('leave the connection they start from as it was', () => {
    const before = structuredClone(connection);
    withChanges(connection, { failures: 2, lease: null });
    expect(connection).toStrictEqual(before);
  });
});
