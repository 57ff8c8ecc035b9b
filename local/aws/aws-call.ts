/** Who signed a call: a role with its one access key, or with a session that STS gave out. */
export interface Caller {
  roleName: string;
  roleArn: string;
  accessKeyId: string;
  /** Of the caller's session, if STS gave it any. */
  sessionTags?: Readonly<Record<string, string>>;
}

/** A request as it arrived, before its operation is known. Header names are lower case. */
export interface AwsRequest {
  method: string;
  /** Path and query, still percent-encoded. */
  path: string;
  headers: Record<string, string>;
  body: Uint8Array;
}

export interface AwsCall extends AwsRequest {
  service: string;
  operation: string;
  caller: Caller;
  /** The body as JSON; an empty body reads as `{}`. */
  json(): unknown;
}

export interface AwsAnswer {
  status: number;
  headers?: Record<string, string>;
  body?: string | Uint8Array;
}

/** One question to IAM. Multi-valued condition keys are arrays, the others strings. */
export interface AuthorizationRequest {
  action: string;
  resource: string;
  context: Record<string, string | string[]>;
  /** A policy document on the resource itself, such as a key policy. */
  resourcePolicy?: unknown;
}

export interface AwsService {
  /** The fourth field of the SigV4 credential scope: dynamodb, kms, lambda, scheduler, secretsmanager, events, sts. */
  readonly service: string;
  operationOf(request: AwsRequest): string;
  authorizations(call: AwsCall): AuthorizationRequest[];
  answer(call: AwsCall): Promise<AwsAnswer>;
  error(code: string, message: string): AwsAnswer;
}
