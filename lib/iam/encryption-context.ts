/** Condition keys for the encryption context that every sealed token carries: `{ connection, purpose, clientId }`. */
export const CONTEXT_CONNECTION = 'kms:EncryptionContext:connection';
export const CONTEXT_PURPOSE = 'kms:EncryptionContext:purpose';
export const CONTEXT_CLIENT_ID = 'kms:EncryptionContext:clientId';

export type SealPurpose = 'refresh' | 'access';
