/**
 * The options of `forge run` (call path step 1): one table from which the quick reader below, the help text and the
 * error messages are made. `forge run` is the command whose start-up people feel, and commander costs 6-10 ms of it,
 * so words are read here; what this reader does not know is left to commander, which says it well.
 */

export interface RunFlag {
  readonly long: string;
  readonly short?: string;
  /** What stands for its value in the help; none: it takes no value. */
  readonly value?: string;
  /** May be given several times. */
  readonly many?: true;
  readonly help: string;
}

export const RUN_FLAGS = [
  { long: '--env', short: '-e', value: 'NAME=VALUE', many: true, help: 'set a variable; NAME alone passes on your own' },
  { long: '--env-file', value: 'FILE', many: true, help: 'read variables from a file of NAME=VALUE lines' },
  { long: '--volume', short: '-v', value: 'SOURCE:/DIR[:ro]', many: true, help: 'mount a directory (/srv, ./data) or a named volume (data)' },
  { long: '--tmpfs', value: '/DIR[:size=SIZE]', many: true, help: 'mount scratch space in memory' },
  { long: '--memory', short: '-m', value: 'SIZE', help: 'limit of memory: 64m, 1g, 512MiB' },
  { long: '--timeout', value: 'TIME', help: 'end it after 30s, 5m, 1h; the exit code is then 124' },
  { long: '--detach', short: '-d', help: 'leave it to the daemon and print its id' },
  { long: '--interactive', short: '-i', help: 'forward standard input also from a terminal' },
  { long: '--rm', help: 'remove it when it ends' },
  { long: '--name', value: 'NAME', help: 'call it NAME' },
  { long: '--restart', value: 'POLICY', help: 'start it again: no, on-failure, always' },
  { long: '--container', value: 'NAME', help: 'run only this container of the package' },
  { long: '--label', short: '-l', value: 'NAME=VALUE', many: true, help: 'attach a label' },
  { long: '--format', value: 'FORMAT', help: 'json: ids and errors as JSON' },
  { long: '--home', value: 'DIR', help: 'state directory (default: $FORGE_HOME)' },
  { long: '--log-level', value: 'LEVEL', help: 'log to standard error: trace, debug, info, warn, error' },
] as const satisfies readonly RunFlag[];

export type RunFlagName = (typeof RUN_FLAGS)[number]['long'];

/** What was typed, by option; options without a value have `''`. */
export interface RunWords {
  readonly given: ReadonlyMap<RunFlagName, readonly string[]>;
  readonly file: string;
  /** For the guest. */
  readonly args: readonly string[];
}

type KnownFlag = RunFlag & { readonly long: RunFlagName };

const BY_NAME: ReadonlyMap<string, KnownFlag> = new Map(RUN_FLAGS.flatMap((flag: KnownFlag) => [[flag.long, flag] as const, ...(flag.short ? [[flag.short, flag] as const] : [])]));

/** Options end at the first word that is none, or at `--`; all after FILE belongs to the guest. Undefined: commander is to say what is wrong, or to help. */
export function readRunWords(words: readonly string[]): RunWords | undefined {
  const given = new Map<RunFlagName, string[]>();
  const take = (flag: KnownFlag, value: string): void => {
    const values = given.get(flag.long);
    if (!values) given.set(flag.long, [value]);
    else if (flag.many) values.push(value);
    else values[0] = value;
  };
  let at = 0;
  while (at < words.length) {
    const word = words[at] ?? '';
    if (word === '--') {
      at += 1;
      break;
    }
    if (!word.startsWith('-') || word === '-') break;
    const option = word.startsWith('--') ? splitLong(word) : splitShort(word);
    if (!option) return undefined;
    for (const flag of option.switches) take(flag, '');
    at += 1;
    if (!option.last) continue;
    const value = option.value ?? words[at++];
    if (value === undefined) return undefined;
    take(option.last, value);
  }
  const [file, ...args] = words.slice(at);
  return file === undefined ? undefined : { given, file, args };
}

/** One word of options: switches, and perhaps one that takes a value, which is glued to it or the next word. */
interface OptionWord {
  readonly switches: readonly KnownFlag[];
  readonly last?: KnownFlag;
  readonly value?: string;
}

/** `--name`, `--name=VALUE`. Undefined: none of ours. */
function splitLong(word: string): OptionWord | undefined {
  const equals = word.indexOf('=');
  const flag = BY_NAME.get(equals < 0 ? word : word.slice(0, equals));
  if (!flag || (!flag.value && equals >= 0)) return undefined;
  if (!flag.value) return { switches: [flag] };
  return equals < 0 ? { switches: [], last: flag } : { switches: [], last: flag, value: word.slice(equals + 1) };
}

/** `-d`, `-di`, `-e K=V`, `-eK=V`, `-de K=V`. */
function splitShort(word: string): OptionWord | undefined {
  const switches: KnownFlag[] = [];
  for (let index = 1; index < word.length; index += 1) {
    const flag = BY_NAME.get(`-${word[index]}`);
    if (!flag) return undefined;
    if (flag.value) return index + 1 < word.length ? { switches, last: flag, value: word.slice(index + 1) } : { switches, last: flag };
    switches.push(flag);
  }
  return { switches };
}
