import type { LocalStack } from '../../../local/stack/local-stack.ts';

/** A text and where it was found. */
export interface Written {
  readonly where: string;
  readonly text: string;
}

/** Everything that a run has left behind: logs, events, schedules, messages and every attribute of every item. */
export async function everythingWritten(stack: LocalStack): Promise<Written[]> {
  return [
    ...stack.logs.search().map(({ functionName, text }) => ({ where: `log of ${functionName}`, text })),
    ...stack.accessLogs().map((text) => ({ where: 'access log', text })),
    ...stack.events.published().map((event) => ({ where: 'event', text: JSON.stringify(event) })),
    ...stack.scheduler.schedules().map(({ name, definition }) => ({
      where: 'schedule',
      text: `${name} ${JSON.stringify(definition)}`,
    })),
    ...[...stack.queues.values()].flatMap((queue) =>
      queue.messages().map((message) => ({ where: 'queue', text: JSON.stringify(message) })),
    ),
    ...stack.problems().map((text) => ({ where: 'problem', text })),
    ...(await itemsOf(stack)),
  ];
}

async function itemsOf(stack: LocalStack): Promise<Written[]> {
  const tables = new Set(
    [...stack.functions.byName.values()].flatMap(({ definition }) =>
      Object.entries(definition.environment)
        .filter(([name]) => name.endsWith('_TABLE'))
        .map(([, table]) => table),
    ),
  );
  const written = await Promise.all(
    [...tables].map(async (table) =>
      (await stack.dynamodb.items(table)).map((item) => ({
        where: `item in ${table}`,
        text: JSON.stringify(item),
      })),
    ),
  );
  return written.flat();
}
