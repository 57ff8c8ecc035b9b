export interface IamPolicy {
  name: string;
  document: unknown;
}

/** A synthesised role with everything attached to it, and the one access key its holder signs with. */
export interface IamRole {
  roleName: string;
  roleArn: string;
  accessKeyId: string;
  secretAccessKey: string;
  policies: IamPolicy[];
  /** The assume-role policy document. */
  trust: unknown;
}

export interface IamDirectory {
  accountId: string;
  region: string;
  roles: IamRole[];
  /** Key policy documents by key ARN. */
  keyPolicies: Map<string, unknown>;
}
