import type { Dice } from './dice.ts';

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
