/**
 * A frozen function wakes up with sockets the other side closed long ago, and a request on one of these looks like a lost
 * answer. So every request to IMS has a connection of its own.
 */
export function fetchOncePerConnection(fetcher: typeof fetch): typeof fetch {
  return (input, init) => {
    const headers = Object.fromEntries(new Headers(init?.headers));
    return fetcher(input, { ...init, headers: { ...headers, connection: 'close' } });
  };
}
