import { writeFileSync } from 'node:fs';
import { writtenItems } from './written-items.ts';

// The SDK would announce the end of its support for Node 20 before the result.
process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED = 'true';

/** Accepts what the present code writes: only once the rule in docs/guides/deploying.md#two-versions-at-once allows the change. */
const file = new URL('../../vectors/stored-items.json', import.meta.url);
writeFileSync(file, `${JSON.stringify(await writtenItems(), undefined, 2)}\n`);
