import type { SecretsManagerService } from '../aws/secrets-manager-service.ts';
import { type Deployment, resourcesOfType } from './deployment.ts';
import { meansLogicalId } from './logical-id.ts';

export interface StackSecrets {
  /** Fills a secret as an operator would: by name, ARN or logical id. */
  put(reference: string, secretString: string): void;
}

export function createStackSecrets(deployment: Deployment, service: SecretsManagerService): StackSecrets {
  return {
    put: (reference, secretString) => {
      const byLogicalId = resourcesOfType(deployment, 'AWS::SecretsManager::Secret').find(({ logicalId }) =>
        meansLogicalId(logicalId, reference),
      );
      service.putSecretString(byLogicalId?.identity.ref ?? reference, secretString);
    },
  };
}
