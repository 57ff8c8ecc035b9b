import { createHash } from 'node:crypto';

/** The roles of a page's colours. */
export interface PagePalette {
  readonly ink: string;
  readonly muted: string;
  readonly paper: string;
  readonly card: string;
  readonly line: string;
  /** Links, and the frame around the element that has the keyboard's focus. */
  readonly accent: string;
  readonly onAccent: string;
  readonly success: string;
  readonly notice: string;
  readonly trouble: string;
}

/** A test checks the contrast of both (WCAG 2.2 §1.4.3, §1.4.11). */
export const PAGE_PALETTES: Readonly<Record<'light' | 'dark', PagePalette>> = {
  light: {
    ink: '#1b1b1f',
    muted: '#55555f',
    paper: '#f4f4f7',
    card: '#ffffff',
    line: '#d3d3da',
    accent: '#1456b8',
    onAccent: '#ffffff',
    success: '#187a3b',
    notice: '#1456b8',
    trouble: '#b3261e',
  },
  dark: {
    ink: '#ededf2',
    muted: '#b4b4c0',
    paper: '#131316',
    card: '#1d1d22',
    line: '#3d3d46',
    accent: '#8ab8ff',
    onAccent: '#10131a',
    success: '#6fd492',
    notice: '#8ab8ff',
    trouble: '#ff9d94',
  },
};

const variables = (palette: PagePalette) =>
  Object.entries(palette)
    .map(([name, colour]) => `--${name}: ${colour};`)
    .join(' ');

/** The only stylesheet of the vault's own pages: readable on a phone, light and dark, without another file. */
export const PAGE_STYLE = `
:root { color-scheme: light dark; ${variables(PAGE_PALETTES.light)} }
@media (prefers-color-scheme: dark) { :root { ${variables(PAGE_PALETTES.dark)} } }
* { box-sizing: border-box; }
body { margin: 0; min-height: 100vh; min-height: 100svh; display: grid; place-items: center; padding: 1rem;
  background: var(--paper); color: var(--ink); font: 1.0625rem/1.55 system-ui, sans-serif; }
main { width: 100%; max-width: 34rem; padding: 2rem 1.75rem; background: var(--card);
  border: 1px solid var(--line); border-radius: .75rem; overflow-wrap: break-word; }
.app { color: var(--muted); font-size: .9375rem; font-weight: 600; }
.icon { display: block; width: 2.5rem; height: 2.5rem; margin: 0 0 1rem; }
.success { color: var(--success); }
.notice { color: var(--notice); }
.trouble { color: var(--trouble); }
h1 { margin: 0 0 1rem; font-size: 1.5rem; line-height: 1.25; text-wrap: balance; }
p { margin: 0 0 1rem; }
p:last-child { margin-bottom: 0; }
a { color: var(--accent); font-weight: 600; padding: .25rem 0; display: inline-block; }
.action { padding: .625rem 1.125rem; border-radius: .5rem; background: var(--accent); color: var(--onAccent);
  text-decoration: none; }
.action:hover { text-decoration: underline; }
a:focus-visible { outline: 3px solid var(--accent); outline-offset: 3px; }
@media (max-width: 26rem) { main { padding: 1.5rem 1.25rem; } .action { display: block; text-align: center; } }
`;

/** @see https://www.w3.org/TR/CSP3/#framework-directive-source-list */
export const PAGE_STYLE_HASH = `sha256-${createHash('sha256').update(PAGE_STYLE).digest('base64')}`;
