import type { Dice } from './dice.ts';
import { hostileValue, twist } from './hostile-values.ts';

const LARGE_BYTES = 100_000;
/** Above what API Gateway takes, and rare: it costs more than a thousand others. */
const TOO_LARGE_BYTES = 10 * 1024 * 1024 + 1;

/** A JSON body, broken as JSON, as text, or as what was asked for. */
export function mutateBody(body: Buffer, dice: Dice, marker: string): Buffer {
  const text = body.toString();
  const planted = JSON.stringify(marker);
  const inside = text.slice(1, -1);
  const bad = JSON.stringify(hostileValue(dice, marker));
  const ways: readonly [() => string | Buffer, ...(() => string | Buffer)[]] = [
    () => text.slice(0, dice.whole(text.length)),
    () => twist(dice, text, marker),
    () =>
      text.replace(/"([^"]*)"(?=[,}])/, (whole, value: string) =>
        dice.happens(0.5) ? JSON.stringify(twist(dice, value, marker)) : whole,
      ),
    () =>
      text.replace(/:"[^"]*"/, `:${dice.pick(['null', '1', 'true', '[]', '{}', '1e999', bad, `[${bad}]`])}`),
    () => `{${inside},${planted}:${bad}}`,
    () => `{${inside},${inside}}`,
    () => `{"__proto__":{"connectionCode":${bad}},${inside}}`,
    () => `{"constructor":{"prototype":{}},${inside}}`,
    () => text.replace(/^\{"(\w)/, (_whole, letter: string) => `{"\\u00${letter.charCodeAt(0).toString(16)}`),
    () => `\u{feff}${text}`,
    () => Buffer.from(text, 'utf16le'),
    () => Buffer.concat([body.subarray(0, -2), Buffer.from([0xff, 0xc0, 0xaf]), body.subarray(-2)]),
    () => `{${inside},"scopes":[${Array.from({ length: 60 }, (_, n) => `"${n}"`).join(',')}]}`,
    () => `{${inside},"appState":${bad}}`,
    () => `[${text}]`,
    () => `${text}${text}`,
    () => `/* ${marker} */ ${text}`,
    () => '['.repeat(dice.pick([100, 8_000, LARGE_BYTES])),
    () => `{${inside},"x":"${'x'.repeat(dice.pick([16_384, LARGE_BYTES]))}"}`,
    () => dice.pick(['', 'null', '""', '0', 'true', planted, 'NaN', "{'a':1}"]),
    () => (dice.happens(0.02) ? Buffer.alloc(TOO_LARGE_BYTES, 'x') : text),
  ];
  const made = dice.pick(ways)();
  return typeof made === 'string' ? Buffer.from(made) : made;
}
