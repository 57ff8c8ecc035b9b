import type { AwsAnswer, AwsRequest } from './aws-call.ts';

/** The older services take a form and answer in XML. */
export function formOf({ body }: AwsRequest): URLSearchParams {
  return new URLSearchParams(Buffer.from(body).toString('utf8'));
}

export function elements(texts: Record<string, string>): string {
  return Object.entries(texts)
    .map(([name, text]) => `<${name}>${escaped(text)}</${name}>`)
    .join('');
}

export function members(items: readonly Record<string, string>[]): string {
  return items.map((item) => `<member>${elements(item)}</member>`).join('');
}

/** `<ActionResponse><ActionResult>…</ActionResult></ActionResponse>` */
export function xmlResult(action: string, content: string): AwsAnswer {
  return xmlAnswer(
    200,
    `<${action}Response><${action}Result>${content}</${action}Result></${action}Response>`,
  );
}

export function xmlError(code: string, message: string): AwsAnswer {
  const error = elements({ Type: 'Sender', Code: code, Message: message });
  const status = code === 'AccessDeniedException' ? 403 : 400;
  return xmlAnswer(status, `<ErrorResponse><Error>${error}</Error></ErrorResponse>`);
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}

export function xmlAnswer(status: number, body: string): AwsAnswer {
  return { status, headers: { 'content-type': 'text/xml' }, body };
}
