import {
  DescribeKeyCommand,
  GetKeyPolicyCommand,
  GetKeyRotationStatusCommand,
  KMSClient,
  type KMSClientConfig,
  ListGrantsCommand,
} from '@aws-sdk/client-kms';

export interface KeyFacts {
  /** `Enabled`, `Disabled`, `PendingDeletion`, … */
  readonly state: string;
  readonly rotating: boolean;
  /** The policy document, parsed. */
  readonly policy: unknown;
  readonly grants: readonly KeyGrant[];
}

/** A second way to a key, beside its policy. */
export interface KeyGrant {
  readonly grantee: string;
  readonly operations: readonly string[];
}

/** Looks at a key without using it. Throws the SDK's own errors. */
export type InspectKey = (keyArn: string) => Promise<KeyFacts>;

export function createKeyInspector(config: KMSClientConfig): InspectKey {
  const client = new KMSClient(config);
  return async (keyArn) => {
    const key = { KeyId: keyArn };
    const [described, rotation, policy, grants] = await Promise.all([
      client.send(new DescribeKeyCommand(key)),
      client.send(new GetKeyRotationStatusCommand(key)),
      client.send(new GetKeyPolicyCommand({ ...key, PolicyName: 'default' })),
      client.send(new ListGrantsCommand(key)),
    ]);
    return {
      state: described.KeyMetadata?.KeyState ?? 'unknown',
      rotating: rotation.KeyRotationEnabled === true,
      policy: JSON.parse(policy.Policy ?? '{}'),
      grants: (grants.Grants ?? []).map(({ GranteePrincipal = '', Operations = [] }) => ({
        grantee: GranteePrincipal,
        operations: Operations,
      })),
    };
  };
}
