import type { WireAnswer } from '../wire/aws-wire.ts';

/** How a response reaches the one that waits for it. Milliseconds count from the moment its request arrived at IMS. */
export interface Arrival {
  /** Absent: the connection ends before a byte of the response. */
  readonly head?: { readonly status: number; readonly headers: Readonly<Record<string, string>> };
  readonly headAfterMs: number;
  readonly pieces: readonly { readonly afterMs: number; readonly bytes: Uint8Array }[];
  /** `closed` is what a client takes for the end; `stalled` never ends. */
  readonly end: 'closed' | 'reset' | 'stalled';
  readonly endAfterMs: number;
}

export type AnswerFaultKind = `answer ${string}`;

export interface AnswerFault {
  /** Under which it is pinned: what Adobe's books know no difference between has to end alike. */
  readonly pinnedAs: AnswerFaultKind;
  /** When IMS acts on the request; absent = never. */
  readonly actsAfterMs?: number;
  /** IMS, or what stands before it, asks to be left alone: no second post follows in the same run. */
  readonly asksToWait?: true;
  readonly arrivalOf: (whole: WireAnswer) => Arrival;
}

const SECOND_MS = 1_000;
const NEVER_MS = Number.POSITIVE_INFINITY;
const AHEAD = 'answer broken off ahead of the end of its refresh token';
const BETWEEN = 'answer broken off between its refresh token and its access token';
const BEHIND = 'answer broken off behind its tokens';
const AT_LAST = 'answer broken off behind its last member';
const MEMBERS = ['token_type', 'access_token', 'expires_in', 'scope', 'refresh_token', 'sub'] as const;
type Member = (typeof MEMBERS)[number];

/** Everything that can become of a response of the token endpoint on its way, by name. */
export const ANSWER_FAULTS: ReadonlyMap<AnswerFaultKind, AnswerFault> = new Map([
  ...cuts('', (whole) => whole, MEMBERS),
  ...cuts(' of refresh-first', refreshTokenFirst, ['access_token', 'refresh_token']),
  ...whole(),
  ...late(),
  ...gatewayErrors(),
  ...noTokenAnswers(),
]);

type Faults = [AnswerFaultKind, AnswerFault][];

/** `cut`: the connection breaks there. `short`: it ends there as if that were all, as after a Content-Length that is too short. */
function cuts(order: string, ordered: (whole: WireAnswer) => WireAnswer, members: readonly Member[]): Faults {
  return members.flatMap((member) =>
    placesIn(member).flatMap(({ place, at }) =>
      (['cut', 'short'] as const).map((how): Faults[number] => {
        const arrivalOf = (answer: WireAnswer) => {
          const { status, headers, body } = ordered(answer);
          const until = at(Buffer.from(body).toString('utf8'));
          return atOnce(status, headers, body.subarray(0, until), how === 'cut' ? 'reset' : 'closed');
        };
        const name = `answer ${how} ${place} ${member}${order}` as const;
        return [name, { pinnedAs: pinnedAs({ place, member }, order), actsAfterMs: 0, arrivalOf }];
      }),
    ),
  );
}

/** Which of the tokens stand whole in the part that arrives. */
function pinnedAs({ place, member }: { place: string; member: Member }, order: string): AnswerFaultKind {
  if (order !== '') {
    if (member === 'refresh_token') return place === 'after' ? BETWEEN : AHEAD;
    return place === 'after' ? BEHIND : BETWEEN;
  }
  if (member === 'sub') return place === 'after' ? AT_LAST : BEHIND;
  return member === 'refresh_token' && place === 'after' ? BEHIND : AHEAD;
}

interface Place {
  readonly place: string;
  /** Where in the text. Without such a member it is before the last brace, and half way where there are no tokens at all. */
  readonly at: (text: string) => number;
}

function placesIn(member: Member): readonly Place[] {
  const spanOf = (text: string) => {
    const found = new RegExp(`"${member}":("[^"]*"|\\d+)`).exec(text);
    if (found === null) return undefined;
    const [all, value = ''] = found;
    const end = found.index + all.length;
    return { before: found.index, from: end - value.length, end };
  };
  const at =
    (position: (span: { before: number; from: number; end: number }) => number) => (text: string) => {
      const span = spanOf(text);
      if (span) return position(span);
      return text.includes('"access_token"') ? text.length - 1 : Math.floor(text.length / 2);
    };
  return [
    { place: 'before', at: at(({ before }) => before) },
    { place: 'in', at: at(({ from, end }) => Math.floor((from + end) / 2)) },
    ...(member.endsWith('_token')
      ? [
          { place: 'before the last character of', at: at(({ end }) => end - 2) },
          { place: 'before the closing quote of', at: at(({ end }) => end - 1) },
        ]
      : []),
    { place: 'after', at: at(({ end }) => end) },
  ];
}

/** All of it arrives, in an unusual way. */
function whole(): Faults {
  const faults: Record<string, AnswerFault['arrivalOf']> = {
    'byte by byte': ({ status, headers, body }) => ({
      ...atOnce(status, headers, body, 'closed'),
      pieces: [...body].map((byte) => ({ afterMs: 0, bytes: Uint8Array.of(byte) })),
    }),
    // As after a Content-Length that is too long: the server closes, and the client still waits for more.
    'whole and then broken off': ({ status, headers, body }) => atOnce(status, headers, body, 'reset'),
    'whole and never ended': ({ status, headers, body }) => atOnce(status, headers, body, 'stalled'),
    'whole with a page behind it': ({ status, headers, body }) =>
      atOnce(status, headers, Buffer.concat([body, Buffer.from('\r\n<html></html>')]), 'closed'),
  };
  return Object.entries(faults).map(([name, arrivalOf]) => [
    `answer ${name}`,
    { pinnedAs: `answer ${name}`, actsAfterMs: 0, arrivalOf },
  ]);
}

/** IMS is slow to act, or acts at once and is slow to say so. */
function late(): Faults {
  const seconds = [22, 30, 40];
  type Late = Record<string, Omit<AnswerFault, 'pinnedAs'>>;
  const arrivals = (afterMs: number): Late => ({
    [`after ${afterMs / SECOND_MS} s`]: { actsAfterMs: 0, arrivalOf: (answer) => delayed(answer, afterMs) },
    [`acted on and sent after ${afterMs / SECOND_MS} s`]: {
      actsAfterMs: afterMs,
      arrivalOf: (answer) => delayed(answer, afterMs),
    },
    [`halfway and the rest after ${afterMs / SECOND_MS} s`]: {
      actsAfterMs: 0,
      arrivalOf: (answer) => inTwo(answer, afterMs),
    },
  });
  const never: Late = {
    never: {
      actsAfterMs: 0,
      arrivalOf: () => ({ headAfterMs: NEVER_MS, pieces: [], end: 'stalled', endAfterMs: 0 }),
    },
    'broken off before the first byte': {
      actsAfterMs: 0,
      arrivalOf: () => ({ headAfterMs: 0, pieces: [], end: 'reset', endAfterMs: 0 }),
    },
  };
  const all = [...seconds.map((each) => arrivals(each * SECOND_MS)), never];
  return all.flatMap((each) =>
    Object.entries(each).map(([name, fault]): Faults[number] => [
      `answer ${name}`,
      { ...fault, pinnedAs: `answer ${name}` },
    ]),
  );
}

/** What stands before IMS answers in its place: after IMS has acted, or without having asked it. */
function gatewayErrors(): Faults {
  const bodies = {
    empty: '',
    html: '<!doctype html><h1>Bad gateway</h1>',
    json: '{"error":"access_denied"}',
  };
  const errors = [500, 502, 503, 504].flatMap((status) =>
    Object.entries(bodies).map(([name, body]): Faults[number] => [
      `answer ${status} ${name}`,
      {
        pinnedAs: 'answer of a gateway without Retry-After',
        actsAfterMs: 0,
        arrivalOf: () => replaced(status, body, name),
      },
    ]),
  );
  const waits = [502, 503].flatMap((status) =>
    [5, 120].map((seconds): Faults[number] => [
      `answer ${status} with Retry-After ${seconds}`,
      {
        pinnedAs: 'answer of a gateway with Retry-After',
        actsAfterMs: 0,
        asksToWait: true,
        arrivalOf: () => replaced(status, '', 'empty', { 'retry-after': String(seconds) }),
      },
    ]),
  );
  const unasked: Faults = [
    [
      'answer 503 without IMS',
      { pinnedAs: 'answer 503 without IMS', arrivalOf: () => replaced(503, '', 'empty') },
    ],
  ];
  return [...errors, ...waits, ...unasked];
}

/** A success that is none, after IMS has acted. */
function noTokenAnswers(): Faults {
  const answers: Record<string, Arrival> = {
    '200 html': replaced(200, '<!doctype html><h1>Please wait</h1>', 'html'),
    '200 empty': replaced(200, '', 'empty'),
    '200 with no member': replaced(200, '{}', 'json'),
    '302': replaced(302, '', 'empty', { location: 'https://elsewhere.example/' }),
    '408': replaced(408, '', 'empty'),
  };
  return Object.entries(answers).map(([name, arrival]) => [
    `answer ${name}`,
    { pinnedAs: 'answer that is no token answer', actsAfterMs: 0, arrivalOf: () => arrival },
  ]);
}

function replaced(status: number, body: string, type: string, more: Record<string, string> = {}): Arrival {
  const contentType = type === 'html' ? 'text/html' : 'application/json';
  return atOnce(status, { 'content-type': contentType, ...more }, Buffer.from(body), 'closed');
}

export function atOnce(
  status: number,
  headers: Readonly<Record<string, string>>,
  body: Uint8Array,
  end: Arrival['end'],
): Arrival {
  const pieces = [{ afterMs: 0, bytes: body }];
  return { head: { status, headers }, headAfterMs: 0, pieces, end, endAfterMs: 0 };
}

function delayed({ status, headers, body }: WireAnswer, afterMs: number): Arrival {
  const pieces = [{ afterMs, bytes: body }];
  return { head: { status, headers }, headAfterMs: afterMs, pieces, end: 'closed', endAfterMs: afterMs };
}

/** The half that comes at once ends within the refresh token, or within whatever else there is. */
function inTwo({ status, headers, body }: WireAnswer, afterMs: number): Arrival {
  const middle = Math.floor(body.length / 2);
  const within = Buffer.from(body).indexOf('"refresh_token":"');
  const half = within === -1 ? middle : within + 24;
  return {
    head: { status, headers },
    headAfterMs: 0,
    pieces: [
      { afterMs: 0, bytes: body.subarray(0, half) },
      { afterMs, bytes: body.subarray(half) },
    ],
    end: 'closed',
    endAfterMs: afterMs,
  };
}

/** The order of Adobe's documentation has the access token first; nothing promises it. */
function refreshTokenFirst(whole: WireAnswer): WireAnswer {
  const { refresh_token, ...rest } = JSON.parse(Buffer.from(whole.body).toString('utf8'));
  if (refresh_token === undefined) return whole;
  return { ...whole, body: Buffer.from(JSON.stringify({ refresh_token, ...rest })) };
}
