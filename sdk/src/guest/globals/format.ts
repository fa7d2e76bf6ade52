/** Turns what is given to console into text, as Node's util.format does in short. */

const LINE_LENGTH_MAX = 8192;
const DEPTH_MAX = 4;
const ITEMS_MAX = 100;

const quote = (text: string): string => `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'").replaceAll('\n', '\\n')}'`;

const keyText = (key: string): string => (/^[A-Za-z_$][\w$]*$/.test(key) ? key : quote(key));

function list(items: Iterable<string>, open: string, close: string): string {
  const shown: string[] = [];
  let more = 0;
  for (const item of items) {
    if (shown.length < ITEMS_MAX) shown.push(item);
    else more++;
  }
  if (more > 0) shown.push(`... ${more} more`);
  return shown.length === 0 ? `${open}${close}` : `${open} ${shown.join(', ')} ${close}`;
}

/** One value as a person wants to see it. */
export function inspect(value: unknown, depth = 0, above: readonly object[] = []): string {
  if (typeof value === 'string') return quote(value);
  if (typeof value === 'bigint') return `${value}n`;
  if (typeof value === 'function') return `[Function: ${value.name || '(anonymous)'}]`;
  if (typeof value !== 'object' || value === null) return Object.is(value, -0) ? '-0' : String(value);
  if (above.includes(value)) return '[Circular]';
  const within = [...above, value];
  const inner = (item: unknown): string => inspect(item, depth + 1, within);
  if (value instanceof Error) return value.stack && depth === 0 ? `${value.name}: ${value.message}\n${value.stack.trimEnd()}` : `[${value.name}: ${value.message}]`;
  if (value instanceof RegExp) return String(value);
  if (Object.prototype.toString.call(value) === '[object Date]') return Number.isNaN((value as Date).getTime()) ? 'Invalid Date' : (value as Date).toISOString();
  const name = (Object.getPrototypeOf(value) as { constructor?: { name?: string } } | null)?.constructor?.name ?? 'null';
  if (depth > DEPTH_MAX) return `[${name}]`;
  if (Array.isArray(value)) return list(value.map(inner), '[', ']');
  if (value instanceof Map)
    return `Map(${value.size}) ${list(
      [...value].map(([key, item]) => `${inner(key)} => ${inner(item)}`),
      '{',
      '}',
    )}`;
  if (value instanceof Set) return `Set(${value.size}) ${list([...value].map(inner), '{', '}')}`;
  if (value instanceof ArrayBuffer) return `ArrayBuffer { byteLength: ${value.byteLength} }`;
  if (ArrayBuffer.isView(value))
    return `${name}(${value.byteLength}) ${value instanceof DataView ? '{}' : list(Array.from((value as Uint8Array).subarray(0, ITEMS_MAX + 1), String), '[', ']')}`;
  const fields = Object.keys(value).map((key) => `${keyText(key)}: ${inner((value as Record<string, unknown>)[key])}`);
  return `${name === 'Object' ? '' : `${name} `}${list(fields, '{', '}')}`;
}

function toJson(value: unknown): string {
  try {
    return JSON.stringify(value) ?? 'undefined';
  } catch {
    return '[Circular]';
  }
}

/** `format('%s is %d', 'a', 1)`: what the placeholders do not take follows, with spaces between. */
export function format(data: readonly unknown[]): string {
  const [first, ...rest] = data;
  let text: string;
  if (typeof first === 'string') {
    text = first.replace(/%([sdifjoOc%])/g, (whole, kind: string) => {
      if (kind === '%') return '%';
      if (rest.length === 0) return whole;
      const value = rest.shift();
      if (kind === 's') return typeof value === 'string' ? value : inspect(value, 1);
      if (kind === 'd') return String(typeof value === 'bigint' ? `${value}n` : Number(value));
      if (kind === 'i') return String(Number.parseInt(String(value), 10));
      if (kind === 'f') return String(Number.parseFloat(String(value)));
      if (kind === 'j') return toJson(value);
      return kind === 'c' ? '' : inspect(value);
    });
  } else {
    text = data.length === 0 ? '' : inspect(first);
  }
  for (const value of rest) text += ` ${typeof value === 'string' ? value : inspect(value)}`;
  return text.length > LINE_LENGTH_MAX ? `${text.slice(0, LINE_LENGTH_MAX)}...` : text;
}
