import type { Dice } from './dice.ts';

const LARGE_BYTES = 100_000;

/** As they stand: what parsers, loggers, comparisons and pages stumble over. */
const CONSTANTS: readonly [string, ...string[]] = [
  '',
  ' ',
  '%',
  '%zz',
  '%00',
  '%c0%af',
  '%ed%a0%80',
  '%ff%fe',
  '%0d%0aset-cookie:%20__Host-vault-000000000000=1',
  '%250d%250a',
  '+',
  '../..',
  '../../authorize',
  '..%2f..%2fconnections',
  '%2e%2e%2f',
  '\u{202e}txet\u{200b}',
  'e\u{301}\u{1f469}\u{200d}\u{1f4bb}',
  '\u{ff0e}\u{ff0f}\u{3002}',
  'ＡＢＣ',
  '__proto__',
  'constructor',
  'toString',
  'hasOwnProperty',
  'null',
  'undefined',
  'NaN',
  '-1',
  '0',
  '1e999',
  '0x10',
  '9'.repeat(400),
  "' OR '1'='1",
  '$' + '{jndi:ldap://127.0.0.1/a}',
  '{{7*7}}',
  'javascript:alert(1)',
  '//evil.example',
  'https://app.example.test@evil.example/',
  'https://app.example.test.evil.example/adobe/connected',
  'https:\\\\app.example.test\\adobe\\connected',
  'HTTPS://APP.EXAMPLE.TEST/adobe/connected',
  'https://app.example.test./adobe/connected',
  'https://app.example.test:443/adobe/connected',
  'eyJhbGciOiJub25lIn0.e30.',
  'eyJhbGciOiJkaXIiLCJlbmMiOiJBMjU2R0NNIn0..AAAAAAAAAAAAAAAA.AAAA.AAAAAAAAAAAAAAAAAAAAAA',
  'eyJhbGciOiJSU0EtT0FFUCIsImVuYyI6IkEyNTZHQ00ifQ.AAAA.AAAA.AAAA.AAAA',
  'eyJhbGciOiJkaXIiLCJlbmMiOiJBMjU2R0NNIiwiemlwIjoiREVGIn0..AAAA.AAAA.AAAA',
  'A'.repeat(43),
  'adobe-aaaaaaaaaaaaaaaaaaaaaaaaaa',
  'x'.repeat(128),
  'x'.repeat(129),
  'x'.repeat(256),
  'x'.repeat(257),
];

/** A value that no honest client would send, often with the marker in it. */
export function hostileValue(dice: Dice, marker: string): string {
  if (dice.happens(0.4)) return dice.happens(0.5) ? marker : encodeURIComponent(marker);
  if (dice.happens(0.04)) return dice.pick(['A', '%41', '%f0%9f%94%91', '=', ';', '"']).repeat(sizeOf(dice));
  return dice.pick(CONSTANTS);
}

/** Around every limit there is: of ids, of cookies, of bodies, of the gateway, and far beyond. */
const sizeOf = (dice: Dice): number =>
  dice.pick([1_000, 2_048, 2_049, 4_096, 4_097, 8_192, 9_900, 10_240, 16_384, LARGE_BYTES]);

/** A value that was good, changed a little. */
export function twist(dice: Dice, value: string, marker: string): string {
  const at = dice.whole(value.length + 1);
  const [before, after] = [value.slice(0, at), value.slice(at)];
  const twists: readonly [() => string, ...(() => string)[]] = [
    () => before + other(dice, after[0]) + after.slice(1),
    () => before,
    () => after,
    () => value + value,
    () => before + after.slice(1),
    () => before + marker + after,
    () => before + encodeURIComponent(marker) + after,
    () => `${before}%00${after}`,
    () => swapCase(value),
    () => `${value}%20`,
    () => `%20${value}`,
    () => `${value},${value}`,
    () => encodeEverything(value),
    () => encodeEverything(value).replaceAll('%', '%25'),
    () => `"${value}"`,
    () => before + dice.pick(CONSTANTS) + after,
    () => hostileValue(dice, marker),
  ];
  return dice.pick(twists)();
}

function other(dice: Dice, character: string | undefined): string {
  const drawn = dice.pick(['A', 'b', '0', '-', '_', '.', '~']);
  return drawn === character ? 'Z' : drawn;
}

const swapCase = (text: string): string =>
  text.replaceAll(/[A-Za-z]/g, (letter) =>
    letter === letter.toLowerCase() ? letter.toUpperCase() : letter.toLowerCase(),
  );

const encodeEverything = (text: string): string =>
  [...Buffer.from(text)].map((byte) => `%${byte.toString(16).padStart(2, '0')}`).join('');
