/** Where the stacks are deployed. */
export interface AwsPlace {
  accountId: string;
  region: string;
  partition: string;
  urlSuffix: string;
}
