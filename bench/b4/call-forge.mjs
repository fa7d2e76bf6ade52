/** Calls through ForgeOne's own linker, domains, and channels: MODE BUDGET_MS DIR. The plugins lie in DIR, its cache and state too. */
import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Domain } from '../../kernel/src/domain/domain.ts';
import { openNativeHost } from '../../kernel/src/host/native.ts';
import { monotonicMs } from '../../kernel/src/identity.ts';
import { ComponentCache } from '../../kernel/src/loader/cache.ts';
import { Instantiator } from '../../kernel/src/loader/instantiate.ts';
import { openLog } from '../../kernel/src/log.ts';
import { openAuditFile } from '../../kernel/src/state/audit.ts';
import { Supervisor } from '../../kernel/src/supervisor.ts';
import { measureAsync, measureDirect, measureDriver } from './measure-calls.mjs';

const [mode = '', budget = '150', dir = ''] = process.argv.slice(2);
const budgetMs = Number(budget);
const { digests } = JSON.parse(readFileSync(join(dir, 'built.json'), 'utf8'));
const cache = new ComponentCache([join(dir, 'cache')]);
const codeCache = join(dir, 'v8');
mkdirSync(codeCache, { recursive: true });

const ECHO = 'bench:echo/echo@0.1.0';
const DRIVER = 'bench:echo/driver@0.1.0';
const LONG_MS = 60_000;
const context = () => ({ callId: '0'.repeat(32), chain: ['spiffe://local/user/bench'], deadlineMs: monotonicMs() + LONG_MS, local: true, consents: [] });

/** @param {string} language @param {boolean} apart */
function units(language, apart) {
  return [
    ['echo', ECHO],
    ['caller', DRIVER],
  ].map(([name, provided], order) => ({
    name,
    order,
    provides: [provided],
    grants: [],
    config: {},
    memoryBytesMax: 256 * 2 ** 20,
    deadlineMs: LONG_MS,
    oneShotState: 'process',
    domain: apart ? name : 'system',
    component: cache.find(digests[`${name}-${language}`]),
  }));
}

const host = openNativeHost();
const mintKey = host.takeMintKey();
const log = { level: 'warn', file: undefined };
const roots = { state: dir, volumes: dir, logs: dir, scratch: dir };

/** A domain on this thread, for what its host calls directly. */
function openDomain(language) {
  const owners = new Map();
  return new Domain({
    name: 'system',
    plugins: units(language, false),
    channels: {},
    instantiator: new Instantiator(codeCache, host.sha256),
    services: { stateChanged() {}, setOwner: (order, owner) => owners.set(order, owner), ownerOf: (order) => owners.get(order) ?? 0 },
    gate: { host, mintKey, audit: openAuditFile(join(dir, 'audit.jsonl')), roots },
    log: openLog(log, 'bench'),
  });
}

function openSupervisor(plugins) {
  const supervisor = new Supervisor({
    plugins,
    workerUrl: new URL('../../kernel/src/domain/worker.ts', import.meta.url),
    threadData: { mintKey, codeCache, ingressOwner: host.ownerCreate('bench'), roots, stateFile: join(dir, 'state.db'), oneShot: true, auditFile: join(dir, 'audit.jsonl'), log },
    handle: (method, args) => (method === 'stateChanged' ? supervisor.stateChanged(...args) : undefined),
    log: openLog(log, 'bench'),
  });
  supervisor.start();
  return supervisor;
}

const withSupervisor = async (language, apart, use) => {
  const plugins = units(language, apart);
  const supervisor = openSupervisor(plugins);
  const call =
    (index, iface) =>
    (name) =>
    (...args) =>
      supervisor.call(plugins[index], iface, name, args, context());
  try {
    await use({ echo: call(0, ECHO), driver: call(1, DRIVER) });
  } finally {
    await supervisor.stop();
  }
};

/** The far side's work is bounded by the deadline of a call, so a budget fits well into it. */
const driverOf = (of) => ({ idle: of('idle'), nop: of('nop'), echo: of('echo'), clock: of('clock') });

for (const [language, prefix] of [
  ['c', ''],
  ['js', 'js-'],
]) {
  if (mode === 'direct') {
    const domain = openDomain(language);
    const invoke = (name, args) => domain.invoke({ plugin: 'echo', interface: ECHO, function: name, args, context: context() });
    measureDirect(prefix, budgetMs, { nop: () => invoke('nop', []), echo: (data) => invoke('echo', [data]) });
    domain.stop();
  } else if (mode === 'async') {
    await withSupervisor(language, true, ({ echo }) => measureAsync(prefix, budgetMs, { nop: echo('nop'), echo: echo('echo') }));
  } else await withSupervisor(language, mode === 'across', ({ driver }) => measureDriver(prefix, budgetMs, driverOf(driver)));
}
process.exit(0);
