import { CloudFormationClient } from '@aws-sdk/client-cloudformation';
import { defaultProvider } from '@aws-sdk/credential-provider-node';

/** The region of the AWS configuration: environment, then profile. `undefined` where none is set. */
export async function configuredRegion(): Promise<string | undefined> {
  try {
    return await new CloudFormationClient({}).config.region();
  } catch {
    return undefined;
  }
}

/** The AWS SDK's own chain: environment, profile, SSO, the role of a container or a machine. It is asked when first needed. */
export function defaultCredentials(): ReturnType<typeof defaultProvider> {
  return defaultProvider();
}
