import { mkdir, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { prepareAssembly } from '../../local/demo/assembly/prepare-assembly.ts';
import { startDemoWorld } from '../../local/demo/world/demo-world.ts';
import { findBrowser } from '../../test/support/chromium/browser.ts';
import { openBrowser } from '../../test/support/chromium/open-browser.ts';
import { takeDemoPictures } from './demo-pictures.ts';
import { takeOutcomePictures } from './outcome-pictures.ts';
import { pagesPage } from './pages-page.ts';

// The SDK would announce the end of its support for Node 20 before the result.
process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED = 'true';

const docs = fileURLToPath(new URL('../../docs', import.meta.url));
const cdkOut = await prepareAssembly(() => undefined);
const browser = await openBrowser(await findBrowser());
const world = await startDemoWorld({ cdkOut, tickMs: 0 });

try {
  await mkdir(`${docs}/images/pages`, { recursive: true });
  await takeOutcomePictures(browser, docs);
  await takeDemoPictures(browser, world, docs);
  await writeFile(`${docs}/generated/pages.md`, pagesPage());
} finally {
  await browser.close();
  await world.stop();
}
