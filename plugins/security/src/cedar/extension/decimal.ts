/** Cedar's `decimal`: four digits after the point, held as a 64-bit count of ten-thousandths. */
import { EvaluationError } from '../errors.ts';
import { type Long, longOf } from '../long.ts';
import type { ExtensionValue, Value } from '../value.ts';

export class Decimal implements ExtensionValue {
  readonly typeName = 'decimal';
  readonly canonical: string;
  readonly tenThousandths: Long;

  constructor(tenThousandths: Long) {
    this.tenThousandths = tenThousandths;
    const digits = String(tenThousandths < 0 ? -BigInt(tenThousandths) : tenThousandths).padStart(5, '0');
    this.canonical = `${tenThousandths < 0 ? '-' : ''}${digits.slice(0, -4)}.${digits.slice(-4)}`;
  }
}

const FORM = /^(-?)([0-9]+)\.([0-9]{1,4})$/;

export function parseDecimal(text: string): Decimal {
  const parts = FORM.exec(text);
  if (parts === null) throw new EvaluationError(`\`${text}\` is not a well-formed decimal value`);
  const [, sign = '', whole = '', fraction = ''] = parts;
  const size = BigInt(whole + fraction.padEnd(4, '0'));
  const value = longOf(sign === '-' ? -size : size);
  if (value === undefined) throw new EvaluationError('overflow when converting to decimal');
  return new Decimal(value);
}

export function compareDecimals(a: Value | undefined, b: Value | undefined): number {
  const [left, right] = [decimalOf(a).tenThousandths, decimalOf(b).tenThousandths];
  return left < right ? -1 : left > right ? 1 : 0;
}

function decimalOf(value: Value | undefined): Decimal {
  if (value instanceof Decimal) return value;
  throw new EvaluationError('type error: expected decimal');
}
