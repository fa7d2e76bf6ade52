/** Starts programs, waits for them, and leaves none behind. */
import { spawn, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { performance } from 'node:perf_hooks';
import { cleanEnv } from './places.mjs';

const TIMEOUT_MS = 120_000;

/** @type {Set<import('node:child_process').ChildProcess>} */
const running = new Set();
process.on('exit', () => {
  for (const child of running) child.kill('SIGKILL');
});
for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM', 'SIGHUP'])) process.on(signal, () => process.exit(1));

const TICK_MS = 10;

/** Processor time of all children that have ended, in ticks of 10 ms (proc(5), cutime and cstime). */
export function childrenCpuMs() {
  const fields = readFileSync('/proc/self/stat', 'utf8')
    .replace(/^.*\) /, '')
    .split(' ');
  return (Number(fields[13]) + Number(fields[14])) * TICK_MS;
}

/**
 * Runs a program to its end and throws unless it succeeded.
 *
 * @param {string} program @param {readonly string[]} args
 * @param {{ env?: Record<string, string>, cwd?: string, input?: string, timeoutMs?: number }} [options]
 */
export function run(program, args, { env = {}, cwd, input, timeoutMs = TIMEOUT_MS } = {}) {
  const began = performance.now();
  const { status, signal, stdout, stderr, error } = spawnSync(program, args, {
    env: cleanEnv(env),
    cwd,
    input,
    stdio: [input === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe'],
    encoding: 'utf8',
    timeout: timeoutMs,
    killSignal: 'SIGKILL',
    maxBuffer: 2 ** 26,
  });
  const ms = performance.now() - began;
  if (error) throw error;
  if (status !== 0) throw new Error(`${program} ${args.join(' ')} ended with ${signal ?? status}: ${stderr.trim().slice(-1_500)} ${stdout.slice(0, 200)}`);
  return { ms, stdout, stderr };
}

/** Lines `name number` of a program that measured itself. @param {string} text @returns {Record<string, number>} */
export function readFigures(text) {
  return Object.fromEntries(
    text
      .split('\n')
      .map((line) => /^(\S+) ([0-9.e+-]+)$/.exec(line))
      .filter((match) => match !== null)
      .map(([, name, value]) => [name, Number(value)]),
  );
}

/** @param {string} program @param {readonly string[]} args @param {Record<string, string>} env */
export function start(program, args, env) {
  const child = spawn(program, args, { env: cleanEnv(env), stdio: ['ignore', 'pipe', 'pipe'] });
  running.add(child);
  child.once('exit', () => running.delete(child));
  return child;
}

/** @param {import('node:child_process').ChildProcess} child */
export async function end(child) {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGTERM');
  const timer = setTimeout(() => child.kill('SIGKILL'), 10_000);
  await gone;
  clearTimeout(timer);
}

/** Whether a program can be started at all. @param {string} program */
export const canRun = (program, args = ['--version']) => spawnSync(program, args, { stdio: 'ignore', env: cleanEnv() }).status === 0;
