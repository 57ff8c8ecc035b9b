import { existsSync } from 'node:fs';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** How to start a browser. Plain values, so that one process can pass them to another. */
export interface BrowserLaunch {
  readonly executablePath: string;
  /** Where it finds the system libraries and fonts that came with it. */
  readonly environment: Record<string, string>;
}

const CACHE = fileURLToPath(new URL('../../../.cache/chromium-147.0.0', import.meta.url));

/** The package's own file looks in /tmp only. Without a font, text has no size, and a test sees nothing of it. */
const FONTS = `<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig>
  <dir>${join(CACHE, 'fonts', 'fonts')}</dir>
  <dir>/usr/share/fonts</dir>
  <cachedir>${join(CACHE, 'fonts-cache')}</cachedir>
</fontconfig>
`;

const INSTALLED = [
  '/usr/bin/google-chrome',
  '/usr/bin/google-chrome-stable',
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  '/Applications/Chromium.app/Contents/MacOS/Chromium',
  'C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe',
  'C:\\Program Files (x86)\\Microsoft\\Edge\\Application\\msedge.exe',
];

/** `CHROME_PATH`, the Chromium inside `@sparticuz/chromium` where it runs, or an installed Chrome. */
export async function findBrowser(): Promise<BrowserLaunch> {
  const { CHROME_PATH } = process.env;
  if (CHROME_PATH !== undefined && CHROME_PATH !== '') {
    return { executablePath: CHROME_PATH, environment: {} };
  }
  if (process.platform === 'linux' && process.arch === 'x64') return unpackChromium();
  const executablePath = INSTALLED.find((path) => existsSync(path));
  if (executablePath !== undefined) return { executablePath, environment: {} };
  throw new Error('No browser was found: install Chrome, or set CHROME_PATH to a Chromium-based browser.');
}

/**
 * The package unpacks into the temporary folder and trusts whatever lies there, so it gets a folder of its own, which is
 * emptied unless it was filled to the end. Believing to be on Lambda, it brings along the system libraries that a server
 * may lack.
 */
async function unpackChromium(): Promise<BrowserLaunch> {
  const complete = join(CACHE, 'complete');
  if (!existsSync(complete)) await rm(CACHE, { recursive: true, force: true });
  await mkdir(CACHE, { recursive: true });
  const before = { ...process.env };
  Object.assign(process.env, { TMPDIR: CACHE, AWS_LAMBDA_JS_RUNTIME: 'nodejs22.x' });
  try {
    const { default: chromium } = await import('@sparticuz/chromium');
    const executablePath = await chromium.executablePath();
    await writeFile(join(CACHE, 'fonts', 'fonts.conf'), FONTS);
    await writeFile(complete, '');
    return { executablePath, environment: setSince(before) };
  } finally {
    restore(before);
  }
}

/** What importing the package has put into this process's environment for the browser. */
function setSince(before: NodeJS.ProcessEnv): Record<string, string> {
  const { TMPDIR: _folder, AWS_LAMBDA_JS_RUNTIME: _runtime, ...now } = process.env;
  return Object.fromEntries(
    Object.entries(now).flatMap(([name, value]) =>
      value === undefined || value === before[name] ? [] : [[name, value]],
    ),
  );
}

function restore(before: NodeJS.ProcessEnv): void {
  for (const name of Object.keys(process.env)) if (!(name in before)) delete process.env[name];
  Object.assign(process.env, before);
}
