/** Shows every entry of a map before and after it changes, in the order of the changes. */
export function watchMap<Value>(
  map: ReadonlyMap<string, Value>,
  onChange: (key: string, before: Value | undefined, after: Value | undefined) => void,
): void {
  if (!(map instanceof Map)) throw new TypeError('Only a real Map can be watched.');
  const watched: Map<string, Value> = map;
  const set = watched.set.bind(watched);
  const remove = watched.delete.bind(watched);
  watched.set = (key, after) => {
    const before = watched.get(key);
    set(key, after);
    onChange(key, before, after);
    return watched;
  };
  watched.delete = (key) => {
    const before = watched.get(key);
    const removed = remove(key);
    if (removed) onChange(key, before, undefined);
    return removed;
  };
  watched.clear = () => {
    for (const key of [...watched.keys()]) watched.delete(key);
  };
}
