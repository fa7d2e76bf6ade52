/** Takes the words of the command line to the command they name, and every failure to one message and one exit code (call path step 1). */
import { run } from './commands/run.ts';
import { EXIT } from './exit-code.ts';
import { toFailure } from './failure.ts';
import { openSession, type Session } from './session.ts';
import { printFailure } from './terminal/print-failure.ts';
import { readRunWords } from './words/run-words.ts';

/** Runs the command and returns its exit code. */
export async function dispatch(words: readonly string[], session: Session): Promise<number> {
  const runWords = words[0] === 'run' ? readRunWords(words.slice(1)) : undefined;
  try {
    if (runWords) return await run(runWords, session);
    const { runProgram } = await import('./program.ts');
    return await runProgram(words, session);
  } catch (thrown) {
    // Our reader went away (`forge ps | head`): nothing is wrong.
    if ((thrown as NodeJS.ErrnoException | undefined)?.code === 'EPIPE') return EXIT.brokenPipe;
    const failure = toFailure(thrown);
    const json = runWords ? runWords.given.get('--format')?.[0] === 'json' : wantsJson(words);
    session.err(printFailure(failure, { json, debug: session.env['FORGE_DEBUG'] === '1' }));
    return failure.exitCode;
  }
}

/** Also for words that could not be read: whoever asked for JSON reads nothing else. */
function wantsJson(words: readonly string[]): boolean {
  return words.some((word, index) => word === '--format=json' || (word === '--format' && words[index + 1] === 'json'));
}

export async function main(words: readonly string[]): Promise<void> {
  const session = openSession();
  process.on('uncaughtException', (thrown) => {
    const failure = toFailure(thrown);
    session.err(printFailure(failure, { json: wantsJson(words), debug: session.env['FORGE_DEBUG'] === '1' }));
    process.exit(failure.exitCode);
  });
  const code = await dispatch(words, session);
  // Threads of a kernel in this process, open sockets and our standard input would keep it alive.
  process.exit(code);
}
