import { CfnWebACL } from 'aws-cdk-lib/aws-wafv2';
import { Construct } from 'constructs';
import { acknowledgeRule } from '../iam/acknowledge-rule.ts';
import { API_ROUTES } from './api-routes.ts';

export interface BrowserFirewallProps {
  readonly requestsPerAddress: number;
}

const WINDOW_SECONDS = 300;

/**
 * Lets browsers reach the public routes and nothing else, and limits each address. Sampled requests stay off: they
 * would show query strings, which hold codes.
 */
export class BrowserFirewall extends Construct {
  readonly aclArn: string;

  constructor(scope: Construct, id: string, { requestsPerAddress }: BrowserFirewallProps) {
    super(scope, id);
    const acl = new CfnWebACL(this, 'Acl', {
      scope: 'CLOUDFRONT',
      description: 'Public routes of the Adobe token vault, so often per address.',
      defaultAction: { block: {} },
      visibilityConfig: counted('BlockedPaths'),
      rules: [
        {
          name: 'so-often-per-address',
          priority: 0,
          action: { block: { customResponse: { responseCode: 429 } } },
          visibilityConfig: counted('BlockedAddresses'),
          statement: {
            rateBasedStatement: {
              limit: requestsPerAddress,
              evaluationWindowSec: WINDOW_SECONDS,
              aggregateKeyType: 'IP',
            },
          },
        },
        {
          name: 'public-routes',
          priority: 1,
          action: { allow: {} },
          visibilityConfig: counted('AllowedRequests'),
          statement: { orStatement: { statements: publicPaths().map(pathIs) } },
        },
      ],
    });
    acknowledgeRule(
      acl,
      'WAFv2LoggingEnabled',
      'Metrics count what it blocks. A log needs a place of yours; redact the query string there, which holds codes.',
    );
    this.aclArn = acl.attrArn;
  }
}

function publicPaths(): readonly string[] {
  return API_ROUTES.filter(({ access }) => access === 'public').map(({ path }) => path);
}

function pathIs(path: string): CfnWebACL.StatementProperty {
  return {
    byteMatchStatement: {
      fieldToMatch: { uriPath: {} },
      positionalConstraint: 'EXACTLY',
      searchString: path,
      textTransformations: [{ priority: 0, type: 'NONE' }],
    },
  };
}

function counted(metricName: string): CfnWebACL.VisibilityConfigProperty {
  return { cloudWatchMetricsEnabled: true, sampledRequestsEnabled: false, metricName };
}
