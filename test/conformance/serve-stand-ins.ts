import { startStandIns } from './conformance-target.ts';

// The SDK would announce the end of its support for Node 20 before the result.
process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED = 'true';

// The stand-ins in a process of their own, with the variables that lead the suites there.
const { url, region, credentials, keyArn, functionArn, roleArn } = await startStandIns();
const variables = {
  ENDPOINT: url,
  AWS_REGION: region,
  AWS_ACCESS_KEY_ID: credentials.accessKeyId,
  AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
  KMS_KEY_ID: keyArn,
  SCHEDULER_TARGET_ARN: functionArn,
  SCHEDULER_ROLE_ARN: roleArn,
};
for (const [name, value] of Object.entries(variables)) process.stdout.write(`export ${name}=${value}\n`);
