import { CloudFormationClient } from '@aws-sdk/client-cloudformation';

/** The region of the AWS configuration: environment, then profile. `undefined` where none is set. */
export async function configuredRegion(): Promise<string | undefined> {
  try {
    return await new CloudFormationClient({}).config.region();
  } catch {
    return undefined;
  }
}
