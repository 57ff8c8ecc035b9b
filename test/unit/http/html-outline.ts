/** The elements of a page as they open and close, in order. Throws on anything that the vault's small, regular pages do not use. */
export interface Element {
  readonly name: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly path: readonly string[];
}

const VOID = new Set(['meta', 'link', 'img', 'br', 'input', 'hr']);
const TAG = /<(\/?)([a-z][a-z0-9]*)((?:\s+[a-zA-Z-]+="[^"<>]*")*)\s*(\/?)>|<[^!]/g;

/** Throws when an element is not closed, closed in another order, or written in a way that needs guessing. */
export function htmlOutline(html: string): readonly Element[] {
  if (!html.startsWith('<!doctype html>\n')) throw new Error('A page begins with its doctype.');
  const open: string[] = [];
  const elements: Element[] = [];
  for (const [tag, slash, name, attributes = '', selfClosing] of withoutStyle(html).matchAll(TAG)) {
    if (name === undefined) throw new Error(`This is no tag: ${tag}`);
    if (slash === '/') {
      const last = open.pop();
      if (last !== name) throw new Error(`</${name}> closes <${last}>.`);
      continue;
    }
    elements.push({ name, attributes: attributesOf(attributes), path: [...open] });
    if (!VOID.has(name) && selfClosing !== '/') open.push(name);
  }
  if (open.length > 0) throw new Error(`Not closed: ${open.join(', ')}`);
  return elements;
}

/** The text between the tags, as in the source. */
export function htmlText(html: string): string {
  return withoutStyle(html)
    .replaceAll(/<[^>]*>/g, ' ')
    .replaceAll(/\s+/g, ' ');
}

function withoutStyle(html: string) {
  return html.replace(/(?<=<style>)[\s\S]*?(?=<\/style>)/, '');
}

function attributesOf(text: string): Readonly<Record<string, string>> {
  const pairs = [...text.matchAll(/([a-zA-Z-]+)="([^"]*)"/g)];
  return Object.fromEntries(pairs.map(([, name = '', value = '']) => [name, value]));
}
