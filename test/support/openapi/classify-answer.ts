import { expect } from 'vitest';
import type { readOpenApiDocument } from './openapi-document.ts';

export interface SeenAnswer {
  readonly status: number;
  /** Lower-case names. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** Holds real answers against the document, and remembers which of its statuses were seen. */
export function createAnswerCheck({ operations, faultsOf }: ReturnType<typeof readOpenApiDocument>) {
  const seen = new Set<string>();

  const decide = (route: string, answer: SeenAnswer): void => {
    const { status, headers, body } = answer;
    const what = `${route} ${status}`;
    const operation = operations.find((one) => one.route === route);
    const documented = operation?.responses[status];
    if (documented === undefined) throw new Error(`${what} is not documented: ${body}`);
    seen.add(what);
    for (const [name, header] of Object.entries(documented.headers ?? {})) {
      const value = headers[name];
      if (value === undefined) expect(header.required ?? false, `${what} has no header ${name}`).toBe(false);
      else expect(faultsOf(header.schema ?? {}, headerValue(value)), `${what} ${name}`).toBeUndefined();
    }
    if (documented.content === undefined) {
      expect(body, `${what} has a body`).toBe('');
      return;
    }
    const [type = ''] = (headers['content-type'] ?? '').split(';');
    const media = documented.content[type];
    if (media === undefined) throw new Error(`${what} does not document ${type}.`);
    const value: unknown = type.endsWith('json') ? JSON.parse(body) : body;
    expect(faultsOf(media.schema, value), `${what}: ${body}`).toBeUndefined();
  };

  return {
    decide,
    /** Documented statuses that no answer has had. */
    unseen: () =>
      operations.flatMap(({ route, responses }) =>
        Object.keys(responses)
          .map((status) => `${route} ${status}`)
          .filter((what) => !seen.has(what)),
      ),
  };
}

function headerValue(header: string): string | number {
  return /^\d+$/.test(header) ? Number(header) : header;
}
