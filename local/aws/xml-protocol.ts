import type { AwsAnswer, AwsRequest } from './aws-call.ts';

/** What services that speak AWS Query take: a form. */
export function formOf({ body }: AwsRequest): URLSearchParams {
  return new URLSearchParams(Buffer.from(body).toString('utf8'));
}

export function elements(texts: Record<string, string>): string {
  return Object.entries(texts)
    .map(([name, text]) => `<${name}>${escaped(text)}</${name}>`)
    .join('');
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}

export function xmlAnswer(status: number, body: string): AwsAnswer {
  return {
    status,
    headers: { 'content-type': 'text/xml' },
    body,
  };
}
