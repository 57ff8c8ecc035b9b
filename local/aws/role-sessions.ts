import { randomBytes } from 'node:crypto';
import type { RoleSession, RoleSessions } from './iam-directory.ts';

export function createRoleSessions(): RoleSessions {
  const issued = new Map<string, RoleSession>();
  return {
    find: (accessKeyId) => issued.get(accessKeyId),
    issue(session) {
      const created: RoleSession = {
        ...session,
        accessKeyId: `ASIA${randomBytes(8).toString('hex').toUpperCase()}`,
        secretAccessKey: randomBytes(30).toString('base64'),
        sessionToken: randomBytes(300).toString('base64'),
      };
      issued.set(created.accessKeyId, created);
      return created;
    },
  };
}
