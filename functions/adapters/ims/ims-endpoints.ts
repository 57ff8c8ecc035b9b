/** The paths of Adobe IMS that Adobe documents as current. */
export interface ImsEndpoints {
  readonly authorize: string;
  readonly token: string;
  readonly revoke: string;
  readonly keys: string;
  /** Both forms seen in Adobe's documentation: with and without `/ims`. */
  readonly issuers: readonly string[];
}

/** @param imsBaseUrl https, or http on a loopback host; a trailing slash is ignored */
export function imsEndpoints(imsBaseUrl: string): ImsEndpoints {
  const base = imsBaseUrl.replace(/\/+$/, '');
  return {
    authorize: `${base}/ims/authorize/v2`,
    token: `${base}/ims/token/v3`,
    revoke: `${base}/ims/revoke`,
    keys: `${base}/ims/keys`,
    issuers: [base, `${base}/ims`],
  };
}
