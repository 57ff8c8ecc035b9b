import { inspect } from 'node:util';
import { CONNECTION_CODE } from './consent-scenarios.ts';
import type { CrashWorld } from './crash-world.ts';
import type { FaultyProcess, ProcessEnd } from './faulty-process.ts';

/**
 * How every secret of these runs begins, or what it contains: a few searches find any of them. Long enough that no sealed bytes
 * hold one by chance.
 */
const STEMS = [
  'refresh-token-0',
  'access-token-0',
  ...['-of-0123456789AB', '-of-89ABCDEF0123', 'canary-of-a-', 'canary_of-the-'],
  CONNECTION_CODE.slice(0, 12),
];
const NEEDLES = STEMS.flatMap(encodingsOf);

/** Where one of the secrets of this run shows, in clear or in a usual encoding. Empty is good. */
export function leaksOf(world: CrashWorld, process: FaultyProcess, ended: ProcessEnd<string>): string[] {
  const { telemetry, events, schedules } = world;
  const shows = (text: string) => NEEDLES.some((needle) => text.includes(needle));
  const places: readonly (readonly [string, string])[] = [
    ['telemetry', JSON.stringify([telemetry.lines, telemetry.measurements])],
    ['an event', JSON.stringify(events.published)],
    ['a schedule', JSON.stringify(schedules.calls)],
    ['an error', ended.end === 'threw' ? wholeErrorOf(ended.fault) : ''],
    ['what a caller is told', ended.end === 'returned' ? ended.result : ''],
    ['what is stored or sent', process.said.join('\n')],
  ];
  return places.flatMap(([place, text]) => (shows(text) ? [`a secret shows in ${place}`] : []));
}

/** Message, stack and own fields of an error and of every cause beneath it. */
function wholeErrorOf(fault: unknown): string {
  const parts: string[] = [];
  for (let error = fault; error !== undefined && parts.length < 8; error = causeOf(error)) {
    parts.push(inspect(error, { depth: 6, showHidden: true, maxStringLength: null }));
  }
  return parts.join('\n');
}

function causeOf(error: unknown): unknown {
  return error instanceof Error ? error.cause : undefined;
}

function encodingsOf(stem: string): string[] {
  return [stem, Buffer.from(stem).toString('hex'), ...[0, 1, 2].map((offset) => base64At(stem, offset))];
}

/** The part of a Base64 text that depends on the stem alone, wherever in a group of three bytes it begins. */
function base64At(stem: string, offset: number): string {
  const encoded = Buffer.from(`${' '.repeat(offset)}${stem}`)
    .toString('base64')
    .replace(/=+$/, '');
  return encoded.slice(offset === 0 ? 0 : 4, -2);
}
