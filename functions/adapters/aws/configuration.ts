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

/**
 * The AWS SDK's own chain: environment, profile, SSO, the role of a container or a machine. It is asked when first needed.
 * @param profile of the AWS configuration, before everything else
 */
export function defaultCredentials(profile?: string): ReturnType<typeof defaultProvider> {
  return defaultProvider(profile === undefined ? {} : { profile });
}
