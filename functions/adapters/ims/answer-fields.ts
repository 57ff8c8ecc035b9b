export type AnswerFields = Readonly<Record<string, unknown>>;

/** The members of a JSON object; undefined for anything else. */
export function parseFields(text: string): AnswerFields | undefined {
  try {
    // RFC 8259 §8.1: a byte order mark is ignored.
    const value: unknown = JSON.parse(text.replace(/^\uFEFF/, ''));
    return isFields(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

const SALVAGED = ['access_token', 'refresh_token', 'id_token'];
/** RFC 8259 §7, without the control characters that may not stand in it. */
const JSON_STRING = String.raw`"(?:[^"\\\x00-\x1f]|\\.)*"`;

/**
 * Tokens that stand complete in a text that is not JSON as a whole, such as an answer that broke off: with both quotes. Of
 * two members of one name the last counts, as in JSON that is whole. Who the user is only a verified ID token may say here.
 */
export function salvageTokens(text: string): AnswerFields {
  const found = SALVAGED.flatMap((name) => {
    const all = text.matchAll(new RegExp(`"${name}"\\s*:\\s*(${JSON_STRING})`, 'g'));
    const [, literal] = [...all].at(-1) ?? [];
    return Object.entries(parseFields(`{"${name}":${literal}}`) ?? {});
  });
  return Object.fromEntries(found);
}

/** A member that is a text of at least one character. */
export function textField(fields: AnswerFields, name: string): string | undefined {
  const value = fields[name];
  return typeof value === 'string' && value !== '' ? value : undefined;
}

/** A whole number above zero, also when written as a decimal string. */
export function positiveNumber(value: unknown): number | undefined {
  const number = typeof value === 'string' && /^\d{1,16}(\.\d+)?$/.test(value.trim()) ? Number(value) : value;
  return typeof number === 'number' && Number.isFinite(number) && number > 0 ? Math.floor(number) : undefined;
}

function isFields(value: unknown): value is AnswerFields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
