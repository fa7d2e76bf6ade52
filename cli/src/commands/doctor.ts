/** `forge doctor`: says what this machine can and cannot do, and how to mend it. */
import { checkCgroups, checkLandlock, checkNftables, checkOverlayfs, checkSeccomp, checkUserNamespaces } from '../doctor/check-isolation.ts';
import { checkAddon, checkFreeSpace, checkNode, checkOpenat2, checkStateDir, checkSystem } from '../doctor/check-runtime.ts';
import { checkClang, checkDaemon } from '../doctor/check-tools.ts';
import type { Finding } from '../doctor/finding.ts';
import { lookAtMachine, type Machine } from '../doctor/machine.ts';
import { EXIT, exitCodeOf } from '../exit-code.ts';
import { neutralise, printJson } from '../terminal/neutralise.ts';
import type { CommandDefinition } from './command.ts';
import { readGlobalOptions } from './global-options.ts';

export const doctor: CommandDefinition = {
  name: 'doctor',
  summary: 'Say what this machine can and cannot do, and how to mend it',
  examples: [['forge doctor --format json', 'for programs']],
  notes: 'The exit code is 0 when forge run can work here, else 69.',
  action: async (_, words, session) => {
    const { home, json } = readGlobalOptions(words, session);
    const findings = await examine(lookAtMachine(session, home));
    const works = findings.every(({ needed, state }) => !needed || state !== 'missing');
    session.out(json ? `${printJson({ works, findings }, 2)}\n` : printFindings(findings, works));
    return works ? EXIT.ok : exitCodeOf('unsupported');
  },
};

async function examine(machine: Machine): Promise<Finding[]> {
  return [
    checkSystem(machine),
    checkNode(machine),
    checkAddon(machine, process.execPath, addonModule()),
    checkOpenat2(machine),
    checkStateDir(machine),
    checkFreeSpace(machine),
    await checkDaemon(machine),
    checkUserNamespaces(machine),
    checkCgroups(machine),
    checkOverlayfs(machine),
    checkNftables(machine),
    checkLandlock(machine),
    checkSeccomp(machine),
    checkClang(machine),
  ];
}

function addonModule(): string | undefined {
  try {
    return import.meta.resolve('@forgeone/host-native');
  } catch {
    return undefined;
  }
}

export function printFindings(findings: readonly Finding[], works: boolean): string {
  const width = Math.max(...findings.map(({ name }) => name.length));
  const lines = findings.flatMap(({ name, state, found, remedy }) => [
    `${state.padEnd('limited'.length)}  ${name.padEnd(width)}  ${neutralise(found)}`,
    ...(remedy && state !== 'ok' ? [`${' '.repeat('limited'.length + width + 4)}-> ${neutralise(remedy)}`] : []),
  ]);
  return `${lines.join('\n')}\n\n${works ? 'forge run can work here.' : 'forge run cannot work here.'}\n`;
}
