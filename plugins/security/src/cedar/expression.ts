/** Compiles an expression in Cedar's JSON form into closures: once, when the policy is loaded. */
import { booleanCode, type Code, constantCode, precompute, runBoolean, valueCode } from './code.ts';
import { getAttribute, getTag, hasAttributes, hasTag, isIn, isType, isTypeIn } from './entity-operators.ts';
import { invalid, overLimit } from './errors.ts';
import { callExtension, isExtensionFunction } from './extension/functions.ts';
import { isObject, readArray, readMembers } from './json.ts';
import { LIMITS } from './limits.ts';
import { checkName, checkString } from './names.ts';
import { BINARY, isEmpty, like, negative, not } from './operators.ts';
import { readPattern } from './pattern.ts';
import { CedarRecord, CedarSet, type Value } from './value.ts';
import { ValueReader } from './value-json.ts';

const ARG = ['arg'] as const;
const LEFT_RIGHT = ['left', 'right'] as const;
const LEFT_ATTR = ['left', 'attr'] as const;

/** Compiles the expressions of one policy and counts their nodes. */
export class ExpressionCompiler {
  nodes = 0;
  private depth = 0;

  compile(json: unknown): Code {
    this.count(1);
    if (this.depth > LIMITS.depthMax) throw overLimit('an expression is nested too deeply');
    const [operator, body] = readOperator(json);
    this.depth += 1;
    const code = this.compileOperator(operator, body);
    this.depth -= 1;
    return code;
  }

  private count(nodes: number): void {
    this.nodes += nodes;
    if (this.nodes > LIMITS.nodesPerPolicyMax) throw overLimit('a policy has too many nodes');
  }

  private compileOperator(operator: string, body: unknown): Code {
    switch (operator) {
      case 'Value':
        return precompute(() => new ValueReader().read(body));
      case 'Var':
        return compileVariable(body);
      case '&&':
      case '||':
        return this.compileChain(operator, body);
      case '!':
        return not(this.compileArgument(operator, body));
      case 'neg':
        return negative(this.compileArgument(operator, body));
      case 'isEmpty':
        return isEmpty(this.compileArgument(operator, body));
      case 'if-then-else':
        return this.compileIf(body);
      case '.':
      case 'has':
        return this.compileAttribute(operator, body);
      case 'like':
        return this.compileLike(body);
      case 'is':
        return this.compileIs(body);
      case 'Set':
        return this.compileSet(body);
      case 'Record':
        return this.compileRecord(body);
      case 'Slot':
        throw invalid('slots are not allowed in conditions');
    }
    if (isExtensionFunction(operator)) return this.compileCall(operator, body);
    return this.compileBinary(operator, body);
  }

  private compileArgument(operator: string, body: unknown): Code {
    return this.compile(readMembers(body, operator, ARG)['arg']);
  }

  private compileBinary(operator: string, body: unknown): Code {
    const binary = BINARY.get(operator) ?? ENTITY_BINARY.get(operator);
    if (binary === undefined) throw invalid(`unknown operator ${JSON.stringify(operator)}`);
    const { left, right } = readMembers(body, operator, LEFT_RIGHT);
    return binary(this.compile(left).run, this.compile(right).run);
  }

  /** `&&` and `||` are associative, errors included, so however they are nested they are one list. */
  private compileChain(operator: '&&' | '||', body: unknown): Code {
    const parts: ((environment: Parameters<Code['run']>[0]) => boolean)[] = [];
    const pending: unknown[] = [{ [operator]: body }];
    while (pending.length > 0) {
      const next = pending.pop();
      if (isObject(next) && Object.keys(next).length === 1 && Object.hasOwn(next, operator)) {
        this.count(1);
        const { left, right } = readMembers(next[operator], operator, LEFT_RIGHT);
        pending.push(right, left);
      } else {
        parts.push(runBoolean(this.compile(next)));
      }
    }
    // The value of the part that ends the walk: false ends `&&`, true ends `||`.
    const end = operator === '||';
    const [first, second] = parts;
    if (parts.length === 2 && first !== undefined && second !== undefined) {
      if (end) return booleanCode((environment) => first(environment) || second(environment));
      return booleanCode((environment) => first(environment) && second(environment));
    }
    return booleanCode((environment) => {
      for (const part of parts) if (part(environment) === end) return end;
      return !end;
    });
  }

  private compileIf(body: unknown): Code {
    const members = readMembers(body, 'if-then-else', ['if', 'then', 'else']);
    const test = runBoolean(this.compile(members['if']));
    const [yes, no] = [this.compile(members['then']), this.compile(members['else'])];
    const run: Code['run'] = (environment) => (test(environment) ? yes : no).run(environment);
    return { run, constant: undefined, isBoolean: yes.isBoolean && no.isBoolean };
  }

  private compileAttribute(operator: '.' | 'has', body: unknown): Code {
    const { left, attr } = readMembers(body, operator, LEFT_ATTR);
    const { run } = this.compile(left);
    if (typeof attr === 'string') {
      const name = checkString(attr);
      return operator === '.' ? getAttribute(run, name) : hasAttributes(run, [name]);
    }
    const path = readArray(attr, 'the attr of has').map((name) => {
      if (typeof name !== 'string') throw invalid('attribute names must be strings');
      return checkString(name);
    });
    if (operator === '.' || path.length === 0) throw invalid(`${operator} needs the name of an attribute`);
    this.count(path.length);
    return hasAttributes(run, path);
  }

  private compileLike(body: unknown): Code {
    const { left, pattern: parts } = readMembers(body, 'like', ['left', 'pattern']);
    const pattern = readPattern(parts);
    this.count(pattern.size);
    return like(this.compile(left), pattern);
  }

  private compileIs(body: unknown): Code {
    const members = readMembers(body, 'is', ['left', 'entity_type'], ['in']);
    const type = checkName(members['entity_type']);
    const { run } = this.compile(members['left']);
    return Object.hasOwn(members, 'in') ? isTypeIn(run, type, this.compile(members['in']).run) : isType(run, type);
  }

  private compileSet(body: unknown): Code {
    const elements = readArray(body, 'Set').map((element) => this.compile(element));
    const constants = constantsOf(elements);
    if (constants !== undefined) return constantCode(new CedarSet(constants));
    return valueCode((environment) => new CedarSet(elements.map((element) => element.run(environment))));
  }

  private compileRecord(body: unknown): Code {
    if (!isObject(body)) throw invalid('Record must be an object');
    const fields = Object.keys(body).map((name) => ({ name: checkString(name), code: this.compile(body[name]) }));
    return valueCode((environment) => new CedarRecord(new Map(fields.map(({ name, code }) => [name, code.run(environment)]))));
  }

  private compileCall(name: string, body: unknown): Code {
    const args = readArray(body, `the arguments of ${name}`).map((argument) => this.compile(argument));
    const constants = constantsOf(args);
    // The usual case is a literal, `ip("10.0.0.0/8")`: parsed here, not in every request.
    if (constants !== undefined) return precompute(() => callExtension(name, constants));
    return valueCode((environment) =>
      callExtension(
        name,
        args.map((argument) => argument.run(environment)),
      ),
    );
  }
}

const ENTITY_BINARY = new Map([
  ['in', isIn],
  ['getTag', getTag],
  ['hasTag', hasTag],
]);

function readOperator(json: unknown): [string, unknown] {
  if (!isObject(json)) throw invalid('an expression must be an object');
  const names = Object.keys(json);
  const operator = names[0];
  if (operator === undefined || names.length > 1) throw invalid('an expression must have exactly one operator');
  return [operator, json[operator]];
}

function compileVariable(name: unknown): Code {
  switch (name) {
    case 'principal':
      return valueCode((environment) => environment.principal);
    case 'action':
      return valueCode((environment) => environment.action);
    case 'resource':
      return valueCode((environment) => environment.resource);
    case 'context':
      return valueCode((environment) => environment.context);
  }
  throw invalid(`unknown variable ${JSON.stringify(name)}`);
}

function constantsOf(codes: readonly Code[]): Value[] | undefined {
  const constants: Value[] = [];
  for (const { constant } of codes) {
    if (constant === undefined) return undefined;
    constants.push(constant);
  }
  return constants;
}
