import { LocalStackError } from './local-stack-error.ts';
import { isRecord, type JsonRecord } from './template.ts';

type Matcher = (value: unknown) => boolean;

function textTest(test: (text: string) => boolean): Matcher {
  return (value) => typeof value === 'string' && test(value);
}

function matcherOf(rule: unknown): Matcher {
  if (!isRecord(rule)) return (value) => value === rule;
  const { prefix, suffix, exists } = rule;
  const anythingBut = rule['anything-but'];
  if (typeof prefix === 'string') return textTest((text) => text.startsWith(prefix));
  if (typeof suffix === 'string') return textTest((text) => text.endsWith(suffix));
  if (typeof exists === 'boolean') return (value) => (value !== undefined) === exists;
  if (anythingBut !== undefined) {
    const excluded = Array.isArray(anythingBut) ? anythingBut : [anythingBut];
    if (!excluded.some(isRecord)) return (value) => value !== undefined && !excluded.includes(value);
  }
  throw new LocalStackError(
    'TEMPLATE_UNSUPPORTED',
    `An event pattern uses ${Object.keys(rule).join(', ')}, which does not run here.`,
  );
}

/**
 * Compiles an EventBridge event pattern: lists of allowed values under the names of the event, nested as in the event.
 * @see https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-event-patterns.html
 */
export function compileEventPattern(pattern: JsonRecord): (event: object) => boolean {
  const tests = Object.entries(pattern).map(([name, rule]): ((event: JsonRecord) => boolean) => {
    if (isRecord(rule)) {
      const matchesInside = compileEventPattern(rule);
      return (event) => matchesInside(isRecord(event[name]) ? event[name] : {});
    }
    const matchers = (Array.isArray(rule) ? rule : [rule]).map(matcherOf);
    return (event) => {
      const values = Array.isArray(event[name]) ? event[name] : [event[name]];
      return values.some((value) => matchers.some((matches) => matches(value)));
    };
  });
  return (event) => tests.every((test) => test(event as JsonRecord));
}
