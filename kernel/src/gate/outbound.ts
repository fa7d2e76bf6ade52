/** `forge:host/outbound`: allow-lists, enforced in the addon (call path step 7, effects in 8 and 9). */
import { Refusal } from '../errors.ts';
import { type OutboundRule, RIGHT } from '../host/host.ts';
import { LIMITS } from '../limits.ts';
import { formatHandle, parseHandle, recipientOf } from './handles.ts';
import type { HostImportContext } from './host-imports.ts';

const INTERFACE = 'forge:host/outbound';

export function outboundImports(context: HostImportContext) {
  const { slot, gate, grants } = context;
  const { host } = gate.options;
  return {
    define(rules: OutboundRule[]): string {
      if (rules.length > LIMITS.outboundRulesMax) throw new Refusal('limit', `an allow-list has at most ${LIMITS.outboundRulesMax} rules`);
      const hosts = rules.map((rule) => `${rule.protocol}://${rule.host}:${rule.portFirst}-${rule.portLast}`);
      const call = gate.ask(slot, INTERFACE, {
        action: 'outbound.define',
        resource: { kind: 'Network', name: 'outbound', attributes: { hosts } },
        rights: RIGHT.write,
        consented: false,
      });
      const grant = gate.mint(slot.owner, call, 'outbound.define', '', RIGHT.write);
      return grants.open(slot.owner, grant, () => host.outboundDefine(slot.owner, grant, rules));
    },
    derive(handle: string, to: string): string {
      const parent = parseHandle(handle);
      return formatHandle(host.derive(slot.owner, parent, recipientOf(context, to), host.rightsOf(slot.owner, parent)));
    },
    close(handle: string): void {
      grants.close(slot.owner, handle);
    },
  };
}
