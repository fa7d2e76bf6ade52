/** Keeps notes in a volume, one file a day: `add TEXT`, `list`, `find WORD`, `export` (standard output), `clear`. */
import { appendFile, args, fileInfo, listDirectory, readTextFile, remove, stderr, stdin, stdout } from '@forgeone/sdk/app';

const DIR = '/journal';
const EXIT_USAGE = 64;

const files = (): string[] =>
  listDirectory(DIR)
    .filter(({ name, type }) => type === 'file' && name.endsWith('.txt'))
    .map(({ name }) => `${DIR}/${name}`);

function add(text: string): void {
  const now = new Date();
  appendFile(`${DIR}/${now.toISOString().slice(0, 10)}.txt`, `${now.toISOString().slice(11, 19)} ${text.trim()}\n`);
}

function list(): void {
  for (const file of files()) {
    const lines = readTextFile(file).trimEnd().split('\n').length;
    console.log(`${file.slice(DIR.length + 1, -'.txt'.length)}  ${lines} notes, ${fileInfo(file)?.size ?? 0} bytes`);
  }
}

/** Exit code 1 when nothing is found, as grep does. */
function find(word: string): number {
  let found = 0;
  for (const file of files()) {
    for (const line of readTextFile(file).split('\n')) {
      if (!line.toLowerCase().includes(word.toLowerCase())) continue;
      console.log(`${file.slice(DIR.length + 1, -'.txt'.length)} ${line}`);
      found += 1;
    }
  }
  return found > 0 ? 0 : 1;
}

export default function main(): number | undefined {
  const [verb = 'list', ...words] = args();
  if (verb === 'add') add(words.length > 0 ? words.join(' ') : stdin.text());
  else if (verb === 'list') list();
  else if (verb === 'find') return find(words.join(' '));
  else if (verb === 'export') for (const file of files()) stdout.write(readTextFile(file));
  else if (verb === 'clear') for (const file of files()) remove(file);
  else {
    stderr.write(`journal: there is no ${verb}\nuse: add TEXT | list | find WORD | export | clear\n`);
    return EXIT_USAGE;
  }
  return undefined;
}
