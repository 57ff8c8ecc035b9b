import type { RaceStory } from './race-story.ts';

/** A run for a person to read: its plan, then calls, writes and posts in the order they were seen. No token shows. */
export function traceOf({ scene, log, entryOf, seen }: RaceStory): string[] {
  const lines: { readonly at: number; readonly line: string }[] = [
    ...log.calls.flatMap(({ operation: { kind }, startedAt, endedAt, status, answer }) => [
      { at: startedAt, line: `${kind} …` },
      { at: endedAt, line: `… ${kind} of ${startedAt}: ${status} ${toldIn(answer)}` },
    ]),
    ...log.connectionWrites.map(({ at, after }) => ({
      at,
      line: after
        ? `  Connections: ${after.state} ${after.generation.slice(-4)}/${after.version}` +
          `${after.refresh ? ` ${seen(after.refresh).id}` : ''}${after.lease ? ', leased' : ''}` +
          `${after.revocations.length > 0 ? `, ${after.revocations.length} to revoke` : ''}`
        : '  Connections: gone',
    })),
    ...log.accessTokenWrites.map(({ at, after }) => ({
      at,
      line: `  AccessTokens: ${after ? `${after.kind} ${after.generation.slice(-4)}` : 'gone'}`,
    })),
    ...log.posts.flatMap(({ arrivedAt, answeredAt, refreshToken, byTest, status }) => [
      { at: arrivedAt, line: `  IMS: ${entryOf(refreshToken).id} posted${byTest ? ' by the test' : ''}` },
      { at: answeredAt ?? arrivedAt, line: `  IMS: ${entryOf(refreshToken).id} answered ${status}` },
    ]),
  ];
  const inOrder = lines.sort((one, other) => one.at - other.at).map(({ at, line }) => `${at} ${line}`);
  return [JSON.stringify(scene.plan), `struck: ${log.struck.join(', ')}`, ...inOrder];
}

const toldIn = ({ code, outcome, errorType, errorMessage }: Readonly<Record<string, unknown>>): string =>
  [code, outcome, errorType, errorMessage].filter((part) => part !== undefined).join(' ');
