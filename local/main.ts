import { prepareAssembly } from './demo/assembly/prepare-assembly.ts';
import { DemoError } from './demo/demo-error.ts';
import { portsFrom } from './demo/ports.ts';
import { startDemoWorld } from './demo/world/demo-world.ts';
import { requireFreePorts } from './demo/world/port-taken.ts';
import type { LocalStack } from './stack/local-stack.ts';

// The SDK would announce the end of its support for Node 20 before the result.
process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED = 'true';

/** What an administrator may do. The vault's key policies still deny some of it. */
const EVERYTHING = { Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action: '*', Resource: '*' }] };

function say(sentence: string): void {
  console.log(sentence);
}

/** Every line that a function prints, under its name, as CloudWatch Logs would keep it. Metrics are lines too. */
function printLogs(stack: LocalStack): void {
  stack.logs.onLine(({ atMs, functionName, text }) => {
    console.log(`${new Date(atMs).toISOString()} ${functionName} ${text}`);
  });
}

function untilInterrupted(): Promise<void> {
  return new Promise((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => resolve());
  });
}

try {
  const ports = portsFrom(process.env.PORT);
  await requireFreePorts(Object.values(ports));
  const interrupted = untilInterrupted();
  const cdkOut = await Promise.race([prepareAssembly(say), interrupted]);
  if (cdkOut !== undefined) {
    const world = await startDemoWorld({ cdkOut, ports, onProgress: say });
    if (process.argv.includes('--logs')) printLogs(world.stack);
    const operator = world.stack.iam.addOperator('LocalOperator', EVERYTHING, { hasClockOfMachine: true });
    say(`
The demo is ready:        ${world.app.url()}
The vault's API:          ${world.stack.apiUrl}
Stand-in for Adobe IMS:   ${world.ims.baseUrl()}
Stand-in for Lightroom:   ${world.lightroom.baseUrl()}

The command line with it${process.argv.includes('--logs') ? '' : ' (function logs: npm start -- --logs)'}:
  export AWS_ACCESS_KEY_ID=${operator.accessKeyId} AWS_SECRET_ACCESS_KEY=${operator.secretAccessKey}
  npm run cli -- list --endpoint ${world.stack.awsEndpointUrl}
  aws --region us-east-1 --endpoint-url ${world.stack.awsEndpointUrl} dynamodb list-tables

Everything runs on this machine; nothing is Adobe. Press Ctrl-C to stop.`);
    await interrupted;
    say('\nStopping …');
    await world.stop();
  }
  // A synthesis that was interrupted would otherwise be waited for.
  process.exit(0);
} catch (error) {
  if (!(error instanceof DemoError)) throw error;
  console.error(error.message);
  process.exit(1);
}
