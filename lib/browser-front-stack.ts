import { CfnOutput, Duration, Stack, type StackProps } from 'aws-cdk-lib';
import { Certificate } from 'aws-cdk-lib/aws-certificatemanager';
import {
  AllowedMethods,
  CachePolicy,
  Distribution,
  OriginProtocolPolicy,
  OriginRequestPolicy,
  OriginSslPolicy,
  SecurityPolicyProtocol,
  ViewerProtocolPolicy,
} from 'aws-cdk-lib/aws-cloudfront';
import { HttpOrigin } from 'aws-cdk-lib/aws-cloudfront-origins';
import type { Construct } from 'constructs';
import { BrowserFirewall } from './constructs/browser-firewall.ts';
import { DeploymentError } from './deployment-error.ts';
import { acknowledge } from './iam/acknowledge.ts';
import { isToken } from './settings/deploy-time-values.ts';
import { CERTIFICATE_IN_US_EAST_1, isDomainName } from './settings/setting-formats.ts';

/** A proxy for the vault's two browser routes, and the limits of its firewall. */
export interface BrowserFrontStackProps extends Omit<StackProps, 'env'> {
  /** Host name that browsers see: the vault's setting `browserDomainName`. */
  readonly domainName: string;
  /** ARN of a certificate for `domainName`, in us-east-1. */
  readonly certificateArn: string;
  /** Host name of the vault's API: its setting `domainName`. */
  readonly vaultDomainName: string;
  /**
   * Requests that one address may make in five minutes, at least 10. A sign-in takes two.
   *
   * @default 100
   */
  readonly requestsPerAddress?: number;
}

const REQUESTS_PER_ADDRESS = 100;
/** @see https://docs.aws.amazon.com/waf/latest/APIReference/API_RateBasedStatement.html */
const FEWEST_REQUESTS = 10;
const MOST_REQUESTS = 2_000_000_000;
/** Slightly more than 30 seconds, the longest time in which the HTTP API answers. */
const ANSWER_SECONDS = 35;
/**
 * Every status for which CloudFront takes an error caching time. By default it caches most of them for ten seconds,
 * also with `no-store`. The cache key is the path alone, so the edge would serve one user's error to all users.
 * CloudFront caches other errors, such as 429, only if the origin asks for it.
 *
 * @see https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/HTTPStatusCodes.html
 */
const CACHEABLE_ERRORS = [400, 403, 404, 405, 414, 416, 500, 501, 502, 503, 504];

/**
 * CloudFront with a firewall in front of the browser's two routes. An HTTP API takes no firewall and throttles no
 * single address. Signed calls do not pass through it: their signature covers the host name of the API. CloudFront and
 * its firewall are global and live in us-east-1.
 *
 * @example
 * ```ts
 * new BrowserFrontStack(app, 'Front', {
 *   domainName: 'connect.example.com',
 *   certificateArn: 'arn:aws:acm:us-east-1:111122223333:certificate/0a1b2c3d',
 *   vaultDomainName: 'vault.example.com',
 * });
 * ```
 */
export class BrowserFrontStack extends Stack {
  /** @throws DeploymentError `SETTING_INVALID`: the message names the property, the reason and the value */
  constructor(scope: Construct, id: string, props: BrowserFrontStackProps) {
    const {
      domainName,
      certificateArn,
      vaultDomainName,
      requestsPerAddress = REQUESTS_PER_ADDRESS,
      ...stackProps
    } = props;
    assertUsable({ domainName, certificateArn, vaultDomainName, requestsPerAddress });
    super(scope, id, {
      description: 'CloudFront and firewall in front of the Adobe token vault',
      ...stackProps,
      env: { region: 'us-east-1' },
    });
    const firewall = new BrowserFirewall(this, 'Firewall', {
      requestsPerAddress,
    });
    const distribution = new Distribution(this, 'Distribution', {
      comment: `Sign-ins of ${vaultDomainName}`,
      domainNames: [domainName],
      certificate: Certificate.fromCertificateArn(this, 'Certificate', certificateArn),
      minimumProtocolVersion: SecurityPolicyProtocol.TLS_V1_2_2021,
      webAclId: firewall.aclArn,
      errorResponses: CACHEABLE_ERRORS.map((httpStatus) => ({ httpStatus, ttl: Duration.seconds(0) })),
      defaultBehavior: {
        origin: new HttpOrigin(vaultDomainName, {
          protocolPolicy: OriginProtocolPolicy.HTTPS_ONLY,
          originSslProtocols: [OriginSslPolicy.TLS_V1_2],
          readTimeout: Duration.seconds(ANSWER_SECONDS),
        }),
        viewerProtocolPolicy: ViewerProtocolPolicy.HTTPS_ONLY,
        allowedMethods: AllowedMethods.ALLOW_GET_HEAD,
        cachePolicy: CachePolicy.CACHING_DISABLED,
        // Cookies and query strings pass through. The Host header does not: the API accepts only its own host name.
        originRequestPolicy: OriginRequestPolicy.ALL_VIEWER_EXCEPT_HOST_HEADER,
      },
    });
    acknowledge(
      distribution,
      'AwsSolutions-CFR1',
      'Adobe users are in every country. Restrict countries in the firewall if you need to.',
    );
    acknowledge(
      distribution,
      'AwsSolutions-CFR3',
      'A line of its log holds the query string: codes and states, which no log of the vault may hold.',
    );
    new CfnOutput(this, 'BrowserDomainTarget', {
      value: distribution.distributionDomainName,
      description: 'Point the DNS record of vault.browserDomainName here.',
    });
  }
}

type Checked = Required<
  Pick<BrowserFrontStackProps, 'domainName' | 'certificateArn' | 'vaultDomainName' | 'requestsPerAddress'>
>;

/** What only the deployment knows is not checked. */
function assertUsable({ domainName, certificateArn, vaultDomainName, requestsPerAddress }: Checked): void {
  const mustBe = (name: keyof Checked, value: string | number, isRight: boolean, what: string) => {
    if (isRight || isToken(value)) return;
    const text = typeof value === 'number' ? String(value) : JSON.stringify(value);
    throw new DeploymentError(
      'SETTING_INVALID',
      `The property ${name} of the browser front must be ${what}. It is ${text}`,
    );
  };
  mustBe('domainName', domainName, isDomainName(domainName), 'a host name');
  mustBe('vaultDomainName', vaultDomainName, isDomainName(vaultDomainName), 'a host name');
  mustBe(
    'vaultDomainName',
    vaultDomainName,
    vaultDomainName !== domainName,
    'another host name than domainName',
  );
  const isInUsEast1 = CERTIFICATE_IN_US_EAST_1.test(certificateArn);
  mustBe('certificateArn', certificateArn, isInUsEast1, 'the ARN of a certificate in us-east-1');
  const isCount =
    Number.isInteger(requestsPerAddress) &&
    requestsPerAddress >= FEWEST_REQUESTS &&
    requestsPerAddress <= MOST_REQUESTS;
  const range = `a whole number from ${FEWEST_REQUESTS} to ${MOST_REQUESTS}`;
  mustBe('requestsPerAddress', requestsPerAddress, isCount, range);
}
