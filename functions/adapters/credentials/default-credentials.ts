import { defaultProvider } from '@aws-sdk/credential-provider-node';

/** The AWS SDK's own chain: environment, profile, SSO, the role of a container or a machine. Asked when first needed. */
export function defaultCredentials(): ReturnType<typeof defaultProvider> {
  return defaultProvider();
}
