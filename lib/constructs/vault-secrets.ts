import { Aws, Fn, RemovalPolicy } from 'aws-cdk-lib';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import { CfnSecret } from 'aws-cdk-lib/aws-secretsmanager';
import { Construct } from 'constructs';
import { acknowledgeRule } from '../iam/acknowledge-rule.ts';

export interface VaultSecretsProps {
  readonly vaultName: string;
  /** Encrypts the secrets. Absent: Secrets Manager does so with a key of its own. */
  readonly serviceKey: IKey | undefined;
}

/** Number of letters and digits that hold 256 bits: 43 · log2(62) > 256. */
const COOKIE_KEY_LENGTH = 43;

export class VaultSecrets extends Construct {
  /**
   * Adobe's client secret. Created without a value, which means "not configured yet". The operator stores the value.
   */
  readonly clientSecret: CfnSecret;
  readonly clientSecretName: string;
  /** Encrypts the browser's transaction cookies. `current` is generated; an operator adds `previous` when rotating it. */
  readonly cookieKey: CfnSecret;

  constructor(scope: Construct, id: string, { vaultName, serviceKey }: VaultSecretsProps) {
    super(scope, id);
    const encryption = serviceKey === undefined ? {} : { kmsKeyId: serviceKey.keyArn };

    // Unique per deployed stack: a deleted secret holds its name for a month, and would block a second deployment.
    const deployment = Fn.select(2, Fn.split('/', Aws.STACK_ID));
    this.clientSecretName = `${vaultName}/adobe-client-secret/${deployment}`;
    // The template must never carry a value or a generator: CloudFormation would overwrite what the operator stored.
    this.clientSecret = new CfnSecret(this, 'ClientSecret', {
      name: this.clientSecretName,
      description: 'JSON { "clientSecret": "...", "previousClientSecret": "..." } of the Adobe credential.',
      ...encryption,
    });
    // A failed deployment takes it along: no value is in it yet.
    this.clientSecret.applyRemovalPolicy(RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE);

    this.cookieKey = new CfnSecret(this, 'CookieKey', {
      description:
        'JSON { "current": "...", "previous": "..." }: encrypts sign-in cookies, which live ten minutes.',
      generateSecretString: {
        secretStringTemplate: '{}',
        generateStringKey: 'current',
        passwordLength: COOKIE_KEY_LENGTH,
        excludePunctuation: true,
      },
      ...encryption,
    });
    this.cookieKey.applyRemovalPolicy(RemovalPolicy.DESTROY);

    acknowledgeRule(
      this.clientSecret,
      'SecretsManagerRotationEnabled',
      'Adobe issues this secret; only the operator can replace it, and the vault accepts the previous one meanwhile.',
    );
    acknowledgeRule(
      this.cookieKey,
      'SecretsManagerRotationEnabled',
      'It only protects cookies that live ten minutes; the operator rotates it without downtime by keeping the previous one.',
    );
    if (serviceKey !== undefined) return;
    for (const secret of [this.clientSecret, this.cookieKey]) {
      acknowledgeRule(
        secret,
        'SecretsManagerUsingKMSKey',
        'Secrets Manager encrypts it with the key aws/secretsmanager of the account. compliance: strict adds a key of the vault.',
      );
    }
  }
}
