import type { Written } from './everything-written.ts';

export interface Finding {
  readonly kind: string;
  readonly where: string;
}

const BASE64_RUN = /[A-Za-z0-9+/_-]{24,}={0,2}/g;
/** Shorter pieces could turn up by chance. */
const LONG_ENOUGH = 16;

/** The secret itself, and for a token its payload and signature: the header is the same for all. */
function tracesOf(secret: string): string[] {
  const [, payload = '', signature = ''] = secret.split('.');
  return [secret, payload, payload.slice(0, 64), signature, signature.slice(0, 32)].filter(
    (trace) => trace.length >= LONG_ENOUGH,
  );
}

/** The text as it is, and each part of it that may be base64, decoded: items hold bytes, and some text is encoded. */
function readings(text: string): string[] {
  return [
    text,
    ...[...text.matchAll(BASE64_RUN)].flatMap(([run]) => {
      const bytes = Buffer.from(run, 'base64');
      return [bytes.toString('latin1'), bytes.toString('hex')];
    }),
  ];
}

/** Which secrets turn up in what was written, in the clear, encoded or in part. */
export function findSecrets(secrets: ReadonlyMap<string, string>, written: readonly Written[]): Finding[] {
  const haystacks = written.map(({ where, text }) => ({ where, text: readings(text).join('\n') }));
  const findings: Finding[] = [];
  for (const [secret, kind] of secrets) {
    const traces = tracesOf(secret);
    for (const { where, text } of haystacks) {
      if (traces.some((trace) => text.includes(trace))) findings.push({ kind, where });
    }
  }
  return findings;
}
