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
  /** Its holder signs with the clock of this machine, wherever the stack's clock has been moved. */
  hasClockOfMachine?: true;
}

/** Temporary credentials of a role, as STS gives them out. */
export interface RoleSession {
  readonly role: IamRole;
  readonly sessionName: string;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken: string;
  readonly expiresAtMs: number;
  /** By key. IAM sees them as `aws:PrincipalTag/<key>`. */
  readonly tags: Readonly<Record<string, string>>;
}

export interface RoleSessions {
  /** By access key id; expired ones included. */
  find(accessKeyId: string): RoleSession | undefined;
  issue(session: Pick<RoleSession, 'role' | 'sessionName' | 'expiresAtMs' | 'tags'>): RoleSession;
}

export interface IamDirectory {
  accountId: string;
  region: string;
  roles: IamRole[];
  /** Key policy documents by key ARN. */
  keyPolicies: Map<string, unknown>;
  /** Sessions that STS gave out. */
  sessions: RoleSessions;
}
