/** A preload of Node: `Date` is SHIFTED_DATE_MS milliseconds ahead (see another-day.js). */
const RealDate = Date;
const shiftMs = Number(process.env.SHIFTED_DATE_MS ?? 0);
const now = () => RealDate.now() + shiftMs;

globalThis.Date = new Proxy(RealDate, {
  construct: (real, args, target) =>
    Reflect.construct(real, args.length === 0 ? [now()] : args, target),
  apply: () => new RealDate(now()).toString(),
  get: (real, key) => (key === 'now' ? now : Reflect.get(real, key)),
});
