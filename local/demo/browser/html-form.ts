/** A form as a browser would send it. */
export interface HtmlForm {
  readonly action: URL;
  readonly method: 'get' | 'post';
  readonly fields: URLSearchParams;
}

export interface FormFilling {
  /** The value of the button that is pressed. */
  readonly press?: string;
  /** Radio buttons by name. */
  readonly choose?: Readonly<Record<string, string>>;
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&amp;': '&',
  '&lt;': '<',
  '&gt;': '>',
  '&quot;': '"',
  '&#39;': "'",
};

function unescapeHtml(text: string): string {
  return text.replaceAll(/&(?:amp|lt|gt|quot|#39);/g, (entity) => ENTITIES[entity] ?? entity);
}

function attributesOf(tag: string): ReadonlyMap<string, string> {
  return new Map(
    [...tag.matchAll(/\s([a-z-]+)(?:="([^"]*)")?/g)].map(([, name = '', value = '']) => [
      name,
      unescapeHtml(value),
    ]),
  );
}

/** Reads the first form of a page that has `press` among its buttons, or simply the first one. */
export function fillForm(page: { url: URL; body: string }, { press, choose = {} }: FormFilling): HtmlForm {
  const forms = [...page.body.matchAll(/<form\b[^>]*>[\s\S]*?<\/form>/g)].map(([text]) => text);
  const text = forms.find((form) => press === undefined || form.includes(`value="${press}"`));
  if (text === undefined) throw new Error(`There is no such form at ${page.url.pathname}.`);
  const form = attributesOf(/<form\b[^>]*>/.exec(text)?.[0] ?? '');
  const fields = new URLSearchParams();
  for (const [tag] of text.matchAll(/<(?:input|button)\b[^>]*>/g)) {
    const attributes = attributesOf(tag);
    const [name, value] = [attributes.get('name'), attributes.get('value') ?? ''];
    if (name !== undefined && isSent(tag, attributes, { press, choose })) fields.append(name, value);
  }
  return {
    action: new URL(form.get('action') ?? page.url.href, page.url),
    method: form.get('method') === 'post' ? 'post' : 'get',
    fields,
  };
}

function isSent(
  tag: string,
  attributes: ReadonlyMap<string, string>,
  { press, choose }: { press: string | undefined; choose: Readonly<Record<string, string>> },
): boolean {
  if (tag.startsWith('<button')) return attributes.get('value') === press;
  switch (attributes.get('type')) {
    case 'radio': {
      const chosen = choose[attributes.get('name') ?? ''];
      return chosen === undefined ? attributes.has('checked') : attributes.get('value') === chosen;
    }
    case 'checkbox':
      return attributes.has('checked');
    default:
      return true;
  }
}
