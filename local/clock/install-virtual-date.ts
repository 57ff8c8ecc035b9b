/**
 * Replaces `Date` so that "now" is the real clock plus an offset. Call it before the code that shall see it is
 * imported. Given dates, parsing and timers are untouched.
 */
export function installVirtualDate(
  offsetMs: () => number,
  scope: { Date: DateConstructor } = globalThis,
): void {
  const RealDate = scope.Date;
  const nowMs = (): number => RealDate.now() + offsetMs();

  class VirtualDate extends RealDate {
    constructor(...args: [] | [number | string | Date]) {
      if (args.length === 0) super(nowMs());
      else super(...args);
    }

    static override now(): number {
      return nowMs();
    }
  }

  // Called without `new`, Date answers the present as text and ignores its arguments (ECMA-262 §21.4.2.1).
  scope.Date = new Proxy(VirtualDate as DateConstructor, {
    apply: () => new RealDate(nowMs()).toString(),
  });
}
