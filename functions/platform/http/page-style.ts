import { createHash } from 'node:crypto';

/** The one stylesheet of the vault's own pages: readable on a phone, in light and in dark, without any other file. */
export const PAGE_STYLE = `
:root { color-scheme: light dark; --ink: #1b1b1f; --paper: #fafafa; --card: #ffffff; --line: #d3d3da; --accent: #1456b8; }
@media (prefers-color-scheme: dark) {
  :root { --ink: #ededf2; --paper: #131316; --card: #1d1d22; --line: #3d3d46; --accent: #8ab8ff; }
}
* { box-sizing: border-box; }
body { margin: 0; min-height: 100vh; display: grid; place-items: center; padding: 1rem; background: var(--paper);
  color: var(--ink); font: 1.0625rem/1.55 system-ui, sans-serif; }
main { width: 100%; max-width: 34rem; padding: 2rem 1.75rem; background: var(--card); border: 1px solid var(--line);
  border-radius: .75rem; overflow-wrap: break-word; }
h1 { margin: 0 0 1rem; font-size: 1.5rem; line-height: 1.25; }
p { margin: 0 0 1rem; }
p:last-child { margin-bottom: 0; }
a { color: var(--accent); font-weight: 600; }
a:focus-visible { outline: 3px solid var(--accent); outline-offset: 3px; }
`;

/** @see https://www.w3.org/TR/CSP3/#framework-directive-source-list */
export const PAGE_STYLE_HASH = `sha256-${createHash('sha256').update(PAGE_STYLE).digest('base64')}`;
