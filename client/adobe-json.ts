/** Lightroom puts this before its JSON so that a browser cannot run it as a script. */
const SCRIPT_GUARD = /^\s*while\s*\(1\)\s*\{\}\s*/;

/** Parses the JSON of an Adobe API, with or without Lightroom's `while (1) {}` before it. Throws `SyntaxError`. */
export function parseAdobeJson(text: string): unknown {
  return JSON.parse(text.replace(SCRIPT_GUARD, ''));
}
