import { isLive, type ModelAccessItem, type ModelConnection } from '../protocol-state.ts';
import { type AccessView, type ConnectionView, NOTHING_HELD } from './model-terms.ts';

/** The model's connection as the table would show it. */
export function viewOfModel(connection: ModelConnection): ConnectionView {
  const { state, generation, version, refresh, previous, alternate, lease, tried } = connection;
  if (!isLive(connection)) return { ...NOTHING_HELD, state, generation };
  const attempt = lease?.attempt ?? null;
  return { state, generation, version, refresh, previous, alternate, attempt, tried: tried.join() };
}

export function viewOfAccess({ kind, generation, version }: ModelAccessItem): AccessView {
  return { kind, generation, version };
}

/** The fields in which two views differ; a token nobody could identify differs from none. */
export function differences<View extends object>(expected: View, observed: View): readonly string[] {
  const fields = Object.keys(observed) as (keyof View & string)[];
  return fields.filter((field) => {
    const [one, other] = [expected[field], observed[field]];
    const isUnknown = (one === 'unknown' && other !== null) || (other === 'unknown' && one !== null);
    return one !== other && !isUnknown;
  });
}
