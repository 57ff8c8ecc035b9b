import type { ImsUserProfileChange } from '../../ims/profile.ts';
import type { ImsUser } from '../../ims/users.ts';

export type RotationMode = 'strict' | 'reuse';

export interface Role {
  readonly key: string;
  readonly name: string;
  /** How IMS treats this person. */
  readonly profile: ImsUserProfileChange;
}

const cheapTokens = { tokens: { signing: 'hs256' } } as const;

function rotating(mode: RotationMode): ImsUserProfileChange {
  return { ...cheapTokens, rotation: { mode } };
}
/** As reported of some credentials: the refresh token stays the same, and its end is fixed by the consent. */
const notSliding: ImsUserProfileChange = {
  ...cheapTokens,
  rotation: { mode: 'never' },
  refresh: { lifetime: 'absolute' },
};

/** Everybody in the demo. One time line holds all of them, each under rules of their own at IMS. */
export const CAST = {
  strictReader: { key: 'stella', name: 'Stella', profile: rotating('strict') },
  strictIdler: { key: 'ivo', name: 'Ivo', profile: rotating('strict') },
  reuseReader: { key: 'rosa', name: 'Rosa', profile: rotating('reuse') },
  reuseIdler: { key: 'ilja', name: 'Ilja', profile: rotating('reuse') },
  notSliding: { key: 'nora', name: 'Nora', profile: notSliding },
  revoker: { key: 'rene', name: 'René', profile: rotating('strict') },
  leaver: { key: 'dora', name: 'Dora', profile: rotating('strict') },
} as const satisfies Record<string, Role>;

export function castAsUsers(): ImsUser[] {
  return Object.values(CAST).map(({ key, name }) => ({ key, givenName: name, familyName: 'Example' }));
}
