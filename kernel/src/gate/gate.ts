/**
 * The gate (call path step 7): a plugin reaches the machine only through here.
 *
 * A question passes three sieves, each of which can only narrow (law 3): what the composition grants the plugin, what
 * the security plugin decides now for the whole chain, and the grant that the addon mints for exactly this resource.
 * No answer, a late one, or one to another question is a no. Each decision is one audit line, written before anything
 * is done; if it cannot be written, nothing is done.
 */

import type { Slot } from '../domain/domain.ts';
import { asRefusal, Refusal } from '../errors.ts';
import type { GrantAction, Handle, Host, Owner, Rights } from '../host/host.ts';
import { RIGHT } from '../host/host.ts';
import { randomHex } from '../host/random-hex.ts';
import type { CallContext } from '../identity.ts';
import { extendContext } from '../identity.ts';
import { LIMITS } from '../limits.ts';
import type { Logger } from '../log.ts';
import type { AuditLog } from '../state/audit.ts';

/** What is to be touched, as the policy sees it. */
export interface Resource {
  readonly kind: 'Volume' | 'Directory' | 'Scratch' | 'Log' | 'Stdio' | 'Pipe' | 'Network' | 'Package' | 'Workload' | 'Node';
  readonly name: string;
  readonly attributes?: Readonly<Record<string, unknown>>;
}

/** `forge:security/authorizer.request`, as the glue wants it. */
export interface AuthorizeRequest {
  readonly id: string;
  readonly chain: readonly string[];
  readonly action: string;
  readonly resource: { readonly kind: string; readonly name: string; readonly attributes: string };
  readonly rights: readonly string[];
  readonly consented: boolean;
  readonly local: boolean;
}

/** `forge:security/authorizer.decision`. */
interface Decision {
  readonly requestId: string;
  readonly allowed: boolean;
  readonly leaseMs: number;
  readonly reasons: readonly string[];
  readonly hint?: string | undefined;
  readonly epoch: number;
}

/** `forge:security/trust.evidence`. */
export interface Evidence {
  readonly digest: string;
  readonly signed: boolean;
  readonly local: boolean;
}

export type Isolation = 'shared' | 'worker' | 'process';

/** `forge:security/trust.verdict`, as far as the kernel reads it. */
export interface Verdict {
  readonly valid: boolean;
  readonly isolation: Isolation;
  readonly reason: string;
}

function isVerdict(value: unknown): value is Verdict {
  const verdict = value as Partial<Verdict> | null;
  return typeof verdict === 'object' && verdict !== null && typeof verdict.valid === 'boolean' && typeof verdict.isolation === 'string' && typeof verdict.reason === 'string';
}

export interface Question {
  readonly action: string;
  readonly resource: Resource;
  readonly rights: Rights;
  readonly consented: boolean;
}

export interface GateOptions {
  readonly host: Host;
  readonly mintKey: string;
  readonly audit: AuditLog;
  readonly log: Logger;
  readonly authorizer: (request: AuthorizeRequest, context: CallContext) => unknown;
  /** `forge:security/trust.validate-trust`. */
  readonly appraiser: (identity: string, syscall: string, evidence: Evidence, context: CallContext) => unknown;
  /** Where volumes, logs and scratch space live: absolute paths of the state directory. */
  readonly roots: { readonly state: string; readonly volumes: string; readonly logs: string; readonly scratch: string };
}

/** Enough that no answer to another question fits by chance. */
const REQUEST_ID_BYTES = 8;

export const rightNames = (rights: Rights): string[] => (Object.keys(RIGHT) as (keyof typeof RIGHT)[]).filter((name) => (rights & RIGHT[name]) !== 0);

function isDecision(value: unknown): value is Decision {
  const decision = value as Partial<Decision> | null;
  return (
    typeof decision === 'object' &&
    decision !== null &&
    typeof decision.requestId === 'string' &&
    typeof decision.allowed === 'boolean' &&
    typeof decision.epoch === 'number' &&
    Array.isArray(decision.reasons)
  );
}

export class Gate {
  readonly options: GateOptions;

  constructor(options: GateOptions) {
    this.options = options;
  }

  /** Asks for `slot`; returns when it is allowed, throws `denied` otherwise. */
  ask(slot: Slot, hostInterface: string, question: Question): CallContext {
    const parent = slot.context;
    if (!parent) throw new Refusal('denied', 'the machine can only be asked in the course of a call');
    const context = extendContext(parent, slot.id, LIMITS.decisionDeadlineMs);
    const grant = slot.unit.grants.find((candidate) => candidate.interface === hostInterface);
    if (!grant?.actions.includes(question.action)) {
      const hint = `[[plugin.grants]] interface = "${hostInterface}", actions = ["${question.action}"], reason = "..." under ${slot.unit.name} in the composition file`;
      this.#audit(context, question, false, ['composition'], 0);
      throw new Refusal('denied', `the composition does not grant ${slot.unit.name} ${question.action}`, { where: question.resource.name, hint });
    }
    this.decide(context, question);
    return context;
  }

  /** The security plugin's decision for a chain; throws `denied` unless it is a clear, timely yes to this question. */
  decide(context: CallContext, question: Question): void {
    const request: AuthorizeRequest = {
      id: randomHex(this.options.host, REQUEST_ID_BYTES),
      chain: context.chain,
      action: question.action,
      resource: { kind: question.resource.kind, name: question.resource.name, attributes: JSON.stringify(question.resource.attributes ?? {}) },
      rights: rightNames(question.rights),
      consented: question.consented,
      local: context.local,
    };
    let decision: unknown;
    try {
      decision = this.options.authorizer(request, context);
    } catch (thrown) {
      const why = asRefusal(thrown)?.message ?? 'it failed';
      this.#audit(context, question, false, [`no decision: ${why}`], 0);
      throw this.#denied(question, `the security plugin gave no decision: ${why}`, 'see that the security plugin runs: forge doctor');
    }
    if (!isDecision(decision) || decision.requestId !== request.id) {
      this.#audit(context, question, false, ['no decision: the answer was not to this question'], 0);
      throw this.#denied(question, 'the security plugin answered something else', 'replace the security plugin');
    }
    this.#audit(context, question, decision.allowed, decision.reasons, decision.epoch);
    if (!decision.allowed) throw this.#denied(question, `policy does not allow ${context.chain.at(-1)} ${question.action}`, decision.hint ?? undefined);
  }

  /** What the security plugin thinks of an identity on this evidence; throws `denied` unless it finds it valid. */
  appraise(context: CallContext, identity: string, syscall: string, evidence: Evidence): Verdict {
    const question: Question = { action: syscall, resource: { kind: 'Workload', name: identity }, rights: RIGHT.write, consented: false };
    let verdict: unknown;
    try {
      verdict = this.options.appraiser(identity, syscall, evidence, context);
    } catch (thrown) {
      const why = asRefusal(thrown)?.message ?? 'it failed';
      this.#audit(context, question, false, [`no appraisal: ${why}`], 0);
      throw this.#denied(question, `the security plugin gave no appraisal: ${why}`, 'see that the security plugin runs: forge doctor');
    }
    if (isVerdict(verdict) && verdict.valid) return verdict;
    const reason = isVerdict(verdict) ? verdict.reason : 'the answer was no appraisal';
    this.#audit(context, question, false, [reason], 0);
    throw this.#denied(question, `${identity} is not trusted for ${syscall}: ${reason}`, 'run a package that was built here or is signed by a trusted key');
  }

  /** The grant for what was just allowed, minted for `owner` and exactly this resource. */
  mint(owner: Owner, context: CallContext, action: GrantAction, resource: string, rights: Rights): Handle {
    const { host, mintKey, log } = this.options;
    const handle = host.grantMint(mintKey, owner, { callId: context.callId, action, resource, rights, expiresMs: 0 });
    log.debug({ callId: context.callId, step: 9, action, resource, rights: rightNames(rights) }, 'native grant');
    return handle;
  }

  #denied(question: Question, message: string, hint: string | undefined): Refusal {
    return new Refusal('denied', message, { where: `${question.resource.kind} ${question.resource.name}`.trim(), hint });
  }

  #audit(context: CallContext, question: Question, allowed: boolean, reasons: readonly string[], epoch: number): void {
    const { log, audit } = this.options;
    log.debug({ callId: context.callId, step: 7, action: question.action, resource: question.resource.name, allowed, reasons }, 'gate decision');
    audit.append({
      callId: context.callId,
      chain: context.chain,
      action: question.action,
      resource: `${question.resource.kind}::${question.resource.name}`,
      rights: rightNames(question.rights),
      consented: question.consented,
      decision: allowed ? 'allow' : 'deny',
      reasons,
      epoch,
    });
  }
}
