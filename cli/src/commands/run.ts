/** `forge run`: installs a package, creates and starts its containers, and stays with them until they end (call path steps 1 and 2). */
import { resolve } from 'node:path';
import type { StoredPackage } from '@forgeone/kernel';
import type { Consent, ControlClient } from '@forgeone/kernel/client';
import { asRefusal, Refusal } from '@forgeone/kernel/errors';
import { ask } from '../control/ask.ts';
import { type Container, killContainer, readContainers, stopContainer, waitForEnd } from '../control/container.ts';
import { EXIT, exitCodeOfGuests, exitCodeOfRun, type RunStage } from '../exit-code.ts';
import { withExitCode } from '../failure.ts';
import { followOutput, forwardInput } from '../run/attach.ts';
import { logOptions } from '../run/log-options.ts';
import { emptyStdin } from '../run/null-stdin.ts';
import { type RunRequest, readRunRequest } from '../run/run-request.ts';
import { type Stdio, specOf } from '../run/spec.ts';
import type { StopSignals } from '../run/stop-signals.ts';
import type { Session } from '../session.ts';
import { neutralise, printJson } from '../terminal/neutralise.ts';
import { type Progress, startProgress } from '../terminal/progress.ts';
import { consentsOf } from '../words/mount.ts';
import type { RunWords } from '../words/run-words.ts';

/** A stop that takes longer is explained: whoever waits should know that a second Ctrl-C ends it. */
const EXPLAIN_MS = 500;

/** Exit codes of guests that the platform ended; why is worth a line. */
const ENDED_BY_PLATFORM: readonly number[] = [EXIT.timedOut, 134, 137];

export async function run(words: RunWords, session: Session): Promise<number> {
  const progress: { stage: RunStage } = { stage: 'words' };
  const signals = session.hearStopSignals();
  const leave = (): void => session.exit(exitCodeOfGuests([EXIT.terminated], signals.first()));
  // Until guests run there is nobody to insist on.
  signals.insisted.addEventListener('abort', () => progress.stage === 'running' || leave());
  signals.impatient.addEventListener('abort', leave);
  try {
    const request = readRunRequest(words, session.env, session.cwd);
    return await runRequest(request, session, signals, (stage) => {
      progress.stage = stage;
    });
  } catch (thrown) {
    const signal = signals.first();
    if (signal && asRefusal(thrown)?.code === 'cancelled') return exitCodeOfGuests([EXIT.terminated], signal);
    throw withExitCode(thrown, (code) => exitCodeOfRun(code, progress.stage));
  } finally {
    signals.close();
  }
}

async function runRequest(request: RunRequest, session: Session, signals: StopSignals, reached: (stage: RunStage) => void): Promise<number> {
  const home = resolve(session.cwd, request.home ?? session.resolveHome(session.env));
  const daemon = await session.connect(home);
  if (!daemon) refuseWithoutDaemon(request, home);
  const [installed, client] = await installAndOpen(request, home, daemon, session, signals, reached);
  try {
    const many = installed.containers.length > 1 && request.container === undefined;
    // One behaviour with and without a daemon: a pipe or file is read, a terminal only with -i.
    const reads = request.interactive || (!request.detach && !many && !session.isTerminal(0));
    if (many && request.interactive)
      throw new Refusal('invalid', `the package has ${installed.containers.length} containers and there is one standard input`, {
        where: '--interactive',
        hint: 'name one: --container NAME',
      });
    const stdio: Stdio = daemon ? (reads ? 'interactive' : 'detached') : 'inherited';
    if (!daemon && !reads) emptyStdin();
    const consents: Consent[] = [...consentsOf(request.mounts), ...(stdio === 'inherited' ? [{ kind: 'stdio' as const, name: '', write: true }] : [])];
    // Not called off by a signal: what the daemon may have started by then would run on without anybody here.
    const { json } = await ask(client, { method: 'POST', path: '/v1/run', body: specOf(request, installed.digest, stdio), consents });
    const containers = readContainers(json);
    if (request.detach) return printStarted(containers, request, session);
    reached('running');
    return await stayUntilEnd(containers, { client, attached: daemon !== undefined, reads, session, signals });
  } finally {
    await client.close();
  }
}

function refuseWithoutDaemon(request: RunRequest, home: string): void {
  const needs = request.detach ? '--detach' : request.restart !== undefined && request.restart !== 'no' ? '--restart' : undefined;
  if (needs) throw new Refusal('unavailable', `${needs} needs the daemon, and none runs for ${home}`, { where: needs, hint: 'start it: forge serve' });
}

/** Installing first lets the kernel compile the guest while its plugins decide; a package that is known takes a few milliseconds. */
async function installAndOpen(
  request: RunRequest,
  home: string,
  daemon: ControlClient | undefined,
  session: Session,
  signals: StopSignals,
  reached: (stage: RunStage) => void,
): Promise<[StoredPackage, ControlClient]> {
  const { openKernel, installPackage } = await session.kernel();
  const progress = progressOf(session, request.file);
  try {
    reached('install');
    const installed = await installPackage(request.file, { home, onProgress: progress.step, signal: signals.asked });
    reached('start');
    if (daemon) return [installed, daemon];
    const expected = installed.containers.find(({ name }) => request.container === undefined || name === request.container)?.component;
    const kernel = await openKernel({ home, placement: 'together', oneShot: true, ...logOptions(request.logLevel, home), ...(expected ? { expect: expected } : {}) });
    return [installed, kernel];
  } finally {
    progress.end();
  }
}

const progressOf = (session: Session, subject: string): Progress =>
  startProgress({ isTerminal: () => session.isTerminal(2), columns: session.columns, write: session.err }, subject.slice(subject.lastIndexOf('/') + 1));

function printStarted(containers: readonly Container[], { json }: RunRequest, session: Session): number {
  session.out(json ? `${printJson({ containers: containers.map((container) => container.json) })}\n` : containers.map(({ id }) => `${id}\n`).join(''));
  return EXIT.ok;
}

interface Stay {
  readonly client: ControlClient;
  /** Through a daemon: output comes from the log, input has to be carried. */
  readonly attached: boolean;
  readonly reads: boolean;
  readonly session: Session;
  readonly signals: StopSignals;
}

async function stayUntilEnd(containers: readonly Container[], stay: Stay): Promise<number> {
  const { client, attached, reads, session, signals } = stay;
  const letGo = endOnSignals(containers, stay);
  const over = new AbortController();
  try {
    const [first] = containers;
    if (attached && reads && first)
      void forwardInput(client, first.id, session).catch((thrown: unknown) => session.err(`forge: standard input was not forwarded: ${neutralise(String(thrown))}\n`));
    const broken = attached ? await showOutput(containers, stay, over.signal) : false;
    const ended = await Promise.all(containers.map(({ id }) => waitForEnd(client, id)));
    if (broken) return EXIT.brokenPipe;
    for (const { name, exitCode, reason } of ended) {
      // A program may exit with such a code itself; that is nothing to explain.
      if (reason && exitCode !== undefined && ENDED_BY_PLATFORM.includes(exitCode) && reason !== `it exited with code ${exitCode}` && !signals.first())
        session.err(`forge: ${neutralise(ended.length > 1 ? `${name}: ${reason}` : reason)}\n`);
    }
    return exitCodeOfGuests(
      ended.map(({ exitCode }) => exitCode ?? EXIT.platform),
      signals.first(),
    );
  } finally {
    over.abort();
    letGo();
  }
}

/** True when whoever reads our output went away; a program under a shell would end of SIGPIPE. */
async function showOutput(containers: readonly Container[], { client, session }: Stay, signal: AbortSignal): Promise<boolean> {
  try {
    await Promise.all(containers.map(({ id }) => followOutput(client, id, session, signal)));
    return false;
  } catch (thrown) {
    if ((thrown as NodeJS.ErrnoException).code !== 'EPIPE') throw thrown;
    await Promise.all(containers.map(({ id }) => killContainer(client, id).catch(() => undefined)));
    return true;
  }
}

/** The first signal asks the guests to end within the platform's grace, the second ends them. */
function endOnSignals(containers: readonly Container[], { client, session, signals }: Stay): () => void {
  let timer: NodeJS.Timeout | undefined;
  // A guest that has just ended, or a daemon that is gone, is noticed by whoever waits for the end.
  const each = (end: (id: string) => Promise<void>): void => void Promise.allSettled(containers.map(({ id }) => end(id)));
  const asked = (): void => {
    each((id) => stopContainer(client, id, undefined));
    timer = setTimeout(() => session.err('forge: stopping; once more ends it at once\n'), EXPLAIN_MS).unref();
  };
  const insisted = (): void => each((id) => killContainer(client, id));
  if (signals.asked.aborted) asked();
  if (signals.insisted.aborted) insisted();
  signals.asked.addEventListener('abort', asked);
  signals.insisted.addEventListener('abort', insisted);
  return () => {
    clearTimeout(timer);
    signals.asked.removeEventListener('abort', asked);
    signals.insisted.removeEventListener('abort', insisted);
  };
}
