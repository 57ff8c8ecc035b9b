import * as v from 'valibot';
import type { EraseSubjectRequest } from '../../client/contract.ts';

const MAX_SUB_LENGTH = 256;

export const eraseSubjectBody = v.strictObject({
  sub: v.pipe(
    v.string('a string was expected.'),
    v.nonEmpty('must not be empty.'),
    v.maxLength(MAX_SUB_LENGTH, 'is too long.'),
  ),
}) satisfies v.GenericSchema<EraseSubjectRequest>;
