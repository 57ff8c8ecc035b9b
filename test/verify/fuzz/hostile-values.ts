import { createChance } from '../simulation/chance.ts';

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
function sizeOf(dice: Dice): number {
  return dice.pick([1_000, 2_048, 2_049, 4_096, 4_097, 8_192, 9_900, 10_240, 16_384, LARGE_BYTES]);
}

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

function swapCase(text: string): string {
  return text.replaceAll(/[A-Za-z]/g, (letter) =>
    letter === letter.toLowerCase() ? letter.toUpperCase() : letter.toLowerCase(),
  );
}

function encodeEverything(text: string): string {
  return [...Buffer.from(text)].map((byte) => `%${byte.toString(16).padStart(2, '0')}`).join('');
}

/** What no HTTP client would send. It may be cut off without an answer, but not answered wrongly. */
export function brokenHttp(dice: Dice, host: string, marker: string): Buffer {
  const get = `GET /callback?state=${encodeURIComponent(marker)} HTTP/1.1\r\n`;
  const hostLine = `Host: ${host}\r\n`;
  const post = `POST /sign-ins/redeem HTTP/1.1\r\n${hostLine}Content-Type: application/json\r\n`;
  const messages: readonly [string | Buffer, ...(string | Buffer)[]] = [
    `${get}\r\n`,
    `${get}${hostLine}${hostLine}\r\n`,
    `${get}${hostLine}Host: ${marker}\r\n\r\n`,
    `GET /callback?state=${marker} HTTP/1.1\r\n${hostLine}\r\n`,
    `GET /callback?state=a b HTTP/1.1\r\n${hostLine}\r\n`,
    'GET /authorize\r\n\r\n',
    `GET /authorize HTTP/1.0\r\n\r\n`,
    `GET /authorize HTTP/3.7\r\n${hostLine}\r\n`,
    `get /authorize HTTP/1.1\r\n${hostLine}\r\n`,
    `${marker} /authorize HTTP/1.1\r\n${hostLine}\r\n`,
    `GET http://evil.example/authorize?return_to=${encodeURIComponent(marker)} HTTP/1.1\r\n${hostLine}\r\n`,
    `GET //evil.example/authorize HTTP/1.1\r\n${hostLine}\r\n`,
    `OPTIONS * HTTP/1.1\r\n${hostLine}\r\n`,
    `CONNECT evil.example:443 HTTP/1.1\r\n${hostLine}\r\n`,
    `GET /authorize#${marker} HTTP/1.1\r\n${hostLine}\r\n`,
    `${get.replaceAll('\r', '')}${hostLine.replaceAll('\r', '')}\n`,
    `${get}${hostLine}Cookie\r\n\r\n`,
    `${get}${hostLine}Cookie : __Host-vault-0123456789ab=x\r\n\r\n`,
    `${get}${hostLine}Cookie: a=b\r\n c=${marker}\r\n\r\n`,
    `${get}${hostLine}Cookie: a=\0${marker}\r\n\r\n`,
    Buffer.concat([
      Buffer.from(`${get}${hostLine}Cookie: a=`),
      Buffer.from([0xff, 0xfe, 0x80]),
      Buffer.from('\r\n\r\n'),
    ]),
    Buffer.concat([
      Buffer.from('GET /callback?state='),
      Buffer.from([0xc3, 0x28, 0xff]),
      Buffer.from(` HTTP/1.1\r\n${hostLine}\r\n`),
    ]),
    `${get}${hostLine}Cookie: a=${'x'.repeat(300_000)}\r\n\r\n`,
    `${get}${hostLine}${Array.from({ length: 3_000 }, (_, n) => `X-${n}: ${n}\r\n`).join('')}\r\n`,
    `${get}${hostLine}${Array.from({ length: 200 }, (_, n) => `Cookie: c${n}=${n}\r\n`).join('')}\r\n`,
    `${get}${hostLine}Upgrade: websocket\r\nConnection: Upgrade\r\n\r\n`,
    `${get}${hostLine}Upgrade: h2c\r\nConnection: Upgrade, HTTP2-Settings\r\nHTTP2-Settings: AAMAAABkAAQCAAAAAAIAAAAA\r\n\r\n`,
    `${post}Content-Length: -1\r\n\r\n{}`,
    `${post}Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}}`,
    `${post}Content-Length: 99999999999999999999\r\n\r\n{}`,
    `${post}Content-Length: 50\r\n\r\n{"connectionCode":`,
    `${post}Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n${get}${hostLine}\r\n`,
    `${post}Transfer-Encoding: chunked\r\n\r\nzz\r\n{}\r\n0\r\n\r\n`,
    `${post}Transfer-Encoding: chunked\r\n\r\n2;x=${marker}\r\n{}\r\n0\r\nX-Trailer: ${marker}\r\n\r\n`,
    `${post}Transfer-Encoding: gzip, identity\r\n\r\n{}`,
    `${post}Expect: 100-continue\r\nContent-Length: 2\r\n\r\n{}`,
    `${post}Expect: ${marker}\r\nContent-Length: 2\r\n\r\n{}`,
    `${get}${hostLine}\r\n${get}${hostLine}\r\n`,
    `\r\n\r\n${get}${hostLine}\r\n`,
    Buffer.from('16030100c8010000c40303', 'hex'),
    'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n',
    `${marker}\r\n\r\n`,
    '\0'.repeat(64),
  ];
  const drawn = dice.pick(messages);
  return typeof drawn === 'string' ? Buffer.from(drawn) : drawn;
}

/** All choices of one request of the fuzz: the same for the same seed and index. */
export interface Dice {
  happens(probability: number): boolean;
  /** 0 to `below` − 1. */
  whole(below: number): number;
  pick<T>(from: readonly [T, ...T[]]): T;
  /** Undefined only of nothing. */
  oneOf<T>(from: readonly T[]): T | undefined;
}

export function createDice(seed: number, index: number): Dice {
  const chance = createChance(`${seed}:${index}`);
  const whole = (below: number): number => Math.floor(chance.share() * below);
  return {
    happens: chance.happens,
    whole,
    pick: (from) => from[whole(from.length)] ?? from[0],
    oneOf: (from) => from[whole(from.length)],
  };
}

/** Found in no answer by accident, and unchanged by every escaping. */
export const MARK = 'zzplanted';

/** What a request plants wherever text goes: if an answer holds it, the answer reflects input. */
export function markerOf(index: number): string {
  return `<${MARK}${index.toString(36)}'"&`;
}
