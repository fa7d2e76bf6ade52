/** Megabytes that look like what people have, the same in every run. */

/** Numbers in [0, 1), by xorshift32. */
function makeRandom(): () => number {
  let state = 0x2545f491;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) / 2 ** 32;
  };
}

/** A JSON array of records, about 160 bytes each. */
export function makeJson(records: number): string {
  const random = makeRandom();
  const rows = Array.from({ length: records }, (_, id) => ({
    id,
    name: `user-${Math.floor(random() * 1e6)}`,
    tags: ['a', `ü${id % 7}`],
    score: random() * 1_000,
    nested: { on: id % 3 === 0, note: null, text: `line "q" \\ \n tab\t € 😀 ${id}` },
  }));
  return JSON.stringify(rows);
}

/** Sections with what GitHub's Markdown has. */
export function makeMarkdown(bytes: number): string {
  const parts: string[] = [];
  for (let length = 0, i = 0; length < bytes; i++) {
    // goldmark looks for each footnote among all of them: a few will do.
    const noted = i % 100 === 0 ? `[^${i}]\n\n[^${i}]: A note.` : '';
    const part = `## Section ${i}\n\nSome *text* with **bold**, \`code\`, a [link](https://example.org/${i}) and ü € 😀.\n\n- one\n- [x] two\n  1. three\n\n| a | b |\n|---|:-:|\n| ${i} | ~~x~~ |\n\n\`\`\`go\nfunc f${i}() {}\n\`\`\`\n\n> quoted & <b>html</b>${noted}\n\n`;
    parts.push(part);
    length += Buffer.byteLength(part);
  }
  return parts.join('');
}

/** Bytes that compress about as well as programs do. */
export function makeBytes(bytes: number): Buffer {
  const random = makeRandom();
  const made = Buffer.alloc(bytes);
  for (let at = 0; at < bytes; ) {
    const run = 8 + Math.floor(random() * 120);
    const from = random() < 0.6 && at > 65_536 ? at - 1 - Math.floor(random() * 65_000) : -1;
    for (const end = Math.min(at + run, bytes); at < end; at++) made[at] = from < 0 ? Math.floor(random() * 200) : (made[from + (at % run)] as number);
  }
  return made;
}
