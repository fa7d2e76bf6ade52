/** Date with the host's clock: QuickJS takes the time from WASI, which a plugin does not import. */
import { requireRunTime } from '../phase.ts';
import { nowMs } from '../platform.ts';

const NativeDate: DateConstructor = Reflect.get(globalThis, 'Date');

const now = (): number => {
  requireRunTime('The current time');
  return nowMs();
};

function GuestDate(this: unknown, ...args: unknown[]): unknown {
  if (!new.target) return new NativeDate(now()).toString();
  return Reflect.construct(NativeDate, args.length === 0 ? [now()] : args, new.target);
}
GuestDate.prototype = NativeDate.prototype;
GuestDate.now = now;
GuestDate.parse = NativeDate.parse;
GuestDate.UTC = NativeDate.UTC;
Object.defineProperty(GuestDate, 'name', { value: 'Date' });
Object.defineProperty(GuestDate, 'length', { value: 7 });
NativeDate.prototype.constructor = GuestDate;

Reflect.set(globalThis, 'Date', GuestDate);

export { GuestDate as 'globalThis.Date', GuestDate as Date };
