import type { TokenVault } from 'adobe-token-vault';
import { Stack, type StackProps } from 'aws-cdk-lib';
import { Match, Rule } from 'aws-cdk-lib/aws-events';
import { LambdaFunction } from 'aws-cdk-lib/aws-events-targets';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import type { Construct } from 'constructs';

export interface AskAgainStackProps extends StackProps {
  readonly vault: TokenVault;
  /** Sends the user a link to a new consent. */
  readonly askTheUser: IFunction;
}

/** Asks users of one tenant for a new consent when only they can help. */
export class AskAgainStack extends Stack {
  constructor(scope: Construct, id: string, { vault, askTheUser, ...props }: AskAgainStackProps) {
    super(scope, id, props);

    // #region rule
    new Rule(this, 'AskAgain', {
      eventPattern: {
        source: ['adobe-token-vault'],
        detailType: ['Reauthorization Required', 'Expiring Soon', 'User Action Required'],
        detail: { vault: [vault.vaultName], connectionId: Match.prefix('acme.') },
      },
      targets: [new LambdaFunction(askTheUser)],
    });
    // #endregion
  }
}
