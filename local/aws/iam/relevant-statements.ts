interface Statement {
  readonly Action?: string | readonly string[];
}

/** Documents by action, each worked out once. */
export type RelevantStatements = (document: unknown, action: string) => unknown;

/**
 * Leaves out statements that list actions without this one: they do not affect the decision, and the engine would
 * evaluate their resources and conditions all the same. Any other document passes unchanged.
 */
export function createRelevantStatements(): RelevantStatements {
  const known = new WeakMap<object, Map<string, unknown>>();
  return (document, action) => {
    if (typeof document !== 'object' || document === null || !('Statement' in document)) return document;
    const byAction = known.get(document) ?? new Map<string, unknown>();
    known.set(document, byAction);
    const relevant = byAction.get(action) ?? {
      ...document,
      Statement: listOf(document.Statement).filter((statement) => mayMatter(statement, action)),
    };
    byAction.set(action, relevant);
    return relevant;
  };
}

function mayMatter(statement: unknown, action: string): boolean {
  const { Action } = statement as Statement;
  return Action === undefined || listOf(Action).some((pattern) => matches(String(pattern), action));
}

/** IAM's wildcards. The case of an action does not matter. */
function matches(pattern: string, action: string): boolean {
  const literal = pattern.replaceAll(/[.+^${}()|[\]\\]/g, String.raw`\$&`);
  return new RegExp(`^${literal.replaceAll('*', '.*').replaceAll('?', '.')}$`, 'i').test(action);
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [value];
}
