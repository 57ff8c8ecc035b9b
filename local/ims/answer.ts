/** One HTTP answer, before the headers every IMS answer carries are added. */
export interface ImsAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

export function jsonAnswer(
  status: number,
  value: unknown,
  headers: Readonly<Record<string, string>> = {},
): ImsAnswer {
  return {
    status,
    headers: { 'content-type': 'application/json;charset=UTF-8', ...headers },
    body: JSON.stringify(value),
  };
}

export function errorAnswer(
  status: number,
  error: string,
  description?: string,
  more: Readonly<Record<string, unknown>> = {},
): ImsAnswer {
  return jsonAnswer(status, {
    error,
    ...(description === undefined ? {} : { error_description: description }),
    ...more,
  });
}

export function htmlAnswer(status: number, body: string): ImsAnswer {
  return {
    status,
    headers: { 'content-type': 'text/html;charset=UTF-8' },
    body,
  };
}

export function emptyAnswer(status: number, headers: Readonly<Record<string, string>> = {}): ImsAnswer {
  return {
    status,
    headers,
    body: '',
  };
}
