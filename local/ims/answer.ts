/** One HTTP answer, before the headers every IMS answer carries are added. */
export interface ImsAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

export const jsonAnswer = (
  status: number,
  value: unknown,
  headers: Readonly<Record<string, string>> = {},
): ImsAnswer => ({
  status,
  headers: { 'content-type': 'application/json;charset=UTF-8', ...headers },
  body: JSON.stringify(value),
});

export const errorAnswer = (
  status: number,
  error: string,
  description?: string,
  more: Readonly<Record<string, unknown>> = {},
): ImsAnswer =>
  jsonAnswer(status, {
    error,
    ...(description === undefined ? {} : { error_description: description }),
    ...more,
  });

export const htmlAnswer = (status: number, body: string): ImsAnswer => ({
  status,
  headers: { 'content-type': 'text/html;charset=UTF-8' },
  body,
});

export const emptyAnswer = (status: number, headers: Readonly<Record<string, string>> = {}): ImsAnswer => ({
  status,
  headers,
  body: '',
});
