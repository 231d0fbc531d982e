/**
 * Collects every error text of `src/` from its syntax: message and hint by code, with placeholders for what is filled
 * in when the program runs. A text that a function takes as a parameter is collected where the function is called.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';

export interface ErrorText {
  code: string;
  message: string;
  hint: string;
}

/** What a name stands for while a function's body is read: the argument, and the names that hold where it is written. */
interface Bound {
  expression: ts.Expression;
  names: Names;
}
type Names = ReadonlyMap<string, Bound>;

/** Three expressions that make one error text, as they are written. */
interface Site {
  node: ts.Node;
  code: ts.Expression | string;
  message: ts.Expression | undefined;
  hint: ts.Expression | undefined;
}

/** A function, and a call of it that is being followed. */
interface Step {
  made: AnyFunction;
  call: ts.CallExpression;
}

type AnyFunction = ts.FunctionDeclaration | ts.ArrowFunction | ts.FunctionExpression | ts.MethodDeclaration;

/** Errors that get their code elsewhere, listed under these headings. Each takes a message and perhaps a hint. */
const uncoded: Readonly<Record<string, string>> = {
  CastFailure: '(setting value)',
  InvalidArgumentError: '(option value)',
  LineFault: '(line of a run step)',
  PluginError: '(bundled plugin)',
};

const maxDepth = 6;
const nothing: Names = new Map();

export function collectErrorTexts(root: string): ErrorText[] {
  const files = readdirSync(join(root, 'src'), { encoding: 'utf8', recursive: true })
    .filter((file) => file.endsWith('.ts'))
    .map((file) => join('src', file))
    .filter((file) => !file.startsWith(join('src', 'generated')) && !file.endsWith('.d.ts'))
    .sort()
    .map((file) => ts.createSourceFile(file, readFileSync(join(root, file), 'utf8'), ts.ScriptTarget.Latest, true));
  return new Collector(files).collect();
}

class Collector {
  readonly #functions = new Map<string, AnyFunction[]>();
  readonly #calls = new Map<string, ts.CallExpression[]>();
  readonly #sites: Site[] = [];
  readonly #texts = new Map<string, ErrorText>();

  constructor(files: readonly ts.SourceFile[]) {
    for (const file of files) this.#index(file);
  }

  collect(): ErrorText[] {
    for (const site of this.#sites) this.#expand(site, []);
    return [...this.#texts.values()];
  }

  #index(node: ts.Node): void {
    if (isFunction(node)) {
      const name = nameOfFunction(node);
      if (name !== undefined) push(this.#functions, name, node);
    }
    if (ts.isCallExpression(node) && ts.isIdentifier(node.expression)) push(this.#calls, node.expression.text, node);
    const site = siteOf(node);
    if (site !== undefined) this.#sites.push(site);
    ts.forEachChild(node, (child) => this.#index(child));
  }

  /** Follows the parameters that a site's texts come from to the calls, else takes the texts. */
  #expand(site: Site, path: readonly Step[]): void {
    const names = namesOf(path);
    const caller =
      path.length < maxDepth ? this.#callsThatDecide(site, path.at(-1)?.call ?? site.node, names) : undefined;
    if (caller === undefined) this.#take(site, names);
    else for (const call of caller.calls) this.#expand(site, [...path, { made: caller.made, call }]);
  }

  #callsThatDecide(site: Site, from: ts.Node, names: Names) {
    const used = [site.code, site.message, site.hint].flatMap((part) =>
      part === undefined || typeof part === 'string' ? [] : freeNames(part, names),
    );
    for (let node: ts.Node | undefined = used.length === 0 ? undefined : from; node !== undefined; node = node.parent) {
      if (!isFunction(node)) continue;
      const made = node;
      if (!made.parameters.some(({ name }) => ts.isIdentifier(name) && used.includes(name.text))) continue;
      const name = nameOfFunction(made);
      const calls = name === undefined ? [] : (this.#calls.get(name) ?? []).filter((call) => isSeenBy(call, made));
      return calls.length === 0 ? undefined : { made, calls };
    }
    return undefined;
  }

  #take(site: Site, names: Names): void {
    const text = (part: ts.Expression | string | undefined) =>
      part === undefined || typeof part === 'string' ? [part ?? ''] : this.#alternatives(part, names);
    for (const code of text(site.code)) {
      for (const message of text(site.message)) {
        for (const hint of text(site.hint)) {
          const isCoded = /^(?:[A-Z][A-Z_0-9]+|\(.*\))$/.test(code);
          if (!isCoded || (isOnlyPlaceholders(message) && isOnlyPlaceholders(hint))) continue;
          this.#texts.set(`${code}\n${message}\n${hint}`, { code, message, hint });
        }
      }
    }
  }

  /** A text for each branch of a condition. */
  #alternatives(expression: ts.Expression, names: Names, depth = 0): string[] {
    const bare = ts.isParenthesizedExpression(expression) ? expression.expression : expression;
    if (ts.isConditionalExpression(bare)) {
      return [bare.whenTrue, bare.whenFalse].flatMap((branch) => this.#alternatives(branch, names, depth));
    }
    if (ts.isIdentifier(bare) && depth < maxDepth) {
      const known = names.get(bare.text);
      if (known !== undefined) return this.#alternatives(known.expression, known.names, depth + 1);
      const value = initializerOf(bare);
      if (value !== undefined) return this.#alternatives(value, names, depth + 1);
    }
    return [this.#render(bare, names, depth)];
  }

  #render(expression: ts.Expression, names: Names, depth: number): string {
    if (ts.isParenthesizedExpression(expression) || ts.isAsExpression(expression)) {
      return this.#render(expression.expression, names, depth);
    }
    if (ts.isStringLiteralLike(expression)) return expression.text;
    if (ts.isTemplateExpression(expression)) {
      const spans = expression.templateSpans.map(
        (span) => this.#render(span.expression, names, depth) + span.literal.text,
      );
      return expression.head.text + spans.join('');
    }
    if (ts.isConditionalExpression(expression)) {
      return choice([expression.whenTrue, expression.whenFalse].map((branch) => this.#render(branch, names, depth)));
    }
    if (ts.isBinaryExpression(expression)) return this.#renderBinary(expression, names, depth);
    if (ts.isArrowFunction(expression)) return choice(this.#returns(expression, names, depth));
    if (ts.isIdentifier(expression)) return this.#renderName(expression, names, depth);
    if (ts.isCallExpression(expression)) return this.#renderCall(expression, names, depth);
    return placeholder(expression);
  }

  #renderBinary(expression: ts.BinaryExpression, names: Names, depth: number): string {
    const [left, right] = [expression.left, expression.right].map((side) => this.#render(side, names, depth));
    if (expression.operatorToken.kind === ts.SyntaxKind.PlusToken) return `${left}${right}`;
    return choice([left ?? '', right ?? '']);
  }

  #renderName(name: ts.Identifier, names: Names, depth: number): string {
    if (name.text === 'undefined') return '';
    if (depth >= maxDepth) return placeholder(name);
    const known = names.get(name.text);
    const value = known?.expression ?? initializerOf(name);
    const text = value === undefined ? undefined : this.#render(value, known?.names ?? names, depth + 1);
    return text === undefined || (text !== '' && isOnlyPlaceholders(text)) ? placeholder(name) : text;
  }

  /** Joined lists are written out, and so are functions that return texts. */
  #renderCall(call: ts.CallExpression, names: Names, depth: number): string {
    const same = unchangedText(call);
    if (same !== undefined) return this.#render(same, names, depth);
    const list = joinedList(call);
    if (list !== undefined) {
      const parts = list.elements.map((element) => this.#render(element, names, depth));
      return parts.filter((part) => part !== '').join(list.separator);
    }
    if (!ts.isIdentifier(call.expression) || depth >= maxDepth) return placeholder(call);
    const known = names.get(call.expression.text);
    if (known !== undefined) return this.#render(known.expression, known.names, depth + 1);
    const called = (this.#functions.get(call.expression.text) ?? []).filter((made) => isSeenBy(call, made));
    if (called.length !== 1 || called[0] === undefined || callsItself(called[0])) return placeholder(call);
    const texts = this.#returns(called[0], bind({ made: called[0], call }, names), depth + 1);
    return texts.some(hasWords) ? choice(texts) : placeholder(call);
  }

  #returns(made: AnyFunction, names: Names, depth: number): string[] {
    if (made.body === undefined) return [];
    if (!ts.isBlock(made.body)) return this.#alternatives(made.body, names, depth);
    return returnsOf(made.body).flatMap((value) => this.#alternatives(value, names, depth));
  }
}

/** The expressions of a coded error, a fault in a table, or a warning; undefined for all else. */
function siteOf(node: ts.Node): Site | undefined {
  if (ts.isNewExpression(node) && ts.isIdentifier(node.expression)) {
    const [first, second, third] = node.arguments ?? [];
    if (node.expression.text === 'TaplineError' && first !== undefined) {
      return { node, code: first, message: second, hint: propertyOf(third, 'hint') };
    }
    const code = uncoded[node.expression.text];
    return code === undefined || first === undefined ? undefined : { node, code, message: first, hint: second };
  }
  if (!ts.isObjectLiteralExpression(node)) return undefined;
  const [code, message, hint] = ['code', 'message', 'hint'].map((name) => propertyOf(node, name));
  return code === undefined || message === undefined ? undefined : { node, code, message, hint };
}

function propertyOf(object: ts.Node | undefined, name: string): ts.Expression | undefined {
  if (object === undefined || !ts.isObjectLiteralExpression(object)) return undefined;
  for (const property of object.properties) {
    if (property.name === undefined || property.name.getText() !== name) continue;
    if (ts.isPropertyAssignment(property)) return property.initializer;
    if (ts.isShorthandPropertyAssignment(property)) return property.name;
  }
  return undefined;
}

/** Names in a text that nothing stands for yet. */
function freeNames(expression: ts.Expression, names: Names): string[] {
  if (ts.isIdentifier(expression)) {
    const known = names.get(expression.text);
    return known === undefined ? [expression.text] : freeNames(known.expression, known.names);
  }
  if (ts.isConditionalExpression(expression)) {
    return [expression.whenTrue, expression.whenFalse].flatMap((branch) => freeNames(branch, names));
  }
  if (ts.isCallExpression(expression)) return freeNames(unchangedText(expression) ?? expression.expression, names);
  if (!ts.isTemplateExpression(expression)) return [];
  return expression.templateSpans.flatMap((span) => freeNames(span.expression, names));
}

/** What the parameters of the followed functions stand for, seen from inside the first of them. */
function namesOf(path: readonly Step[]): Names {
  return path.reduceRight<Names>((outer, step) => bind(step, outer), nothing);
}

function bind({ made, call }: Step, outer: Names): Names {
  const bound = new Map<string, Bound>();
  for (const [index, { name, initializer }] of made.parameters.entries()) {
    const expression = call.arguments[index] ?? initializer ?? ts.factory.createIdentifier('undefined');
    if (ts.isIdentifier(name)) bound.set(name.text, { expression, names: outer });
  }
  return bound;
}

/** `text` of `text.replace(...)`, `text.trim()` and `String(text)`. */
function unchangedText(call: ts.CallExpression): ts.Expression | undefined {
  if (ts.isPropertyAccessExpression(call.expression)) {
    const method = call.expression.name.text;
    return ['replace', 'trim', 'trimEnd'].includes(method) ? call.expression.expression : undefined;
  }
  return call.expression.getText() === 'String' ? call.arguments[0] : undefined;
}

/** `[a, b].join(' ')`, also with a filter before the join. */
function joinedList(call: ts.CallExpression): { elements: ts.Expression[]; separator: string } | undefined {
  if (!ts.isPropertyAccessExpression(call.expression) || call.expression.name.text !== 'join') return undefined;
  let list = call.expression.expression;
  if (ts.isCallExpression(list) && ts.isPropertyAccessExpression(list.expression)) list = list.expression.expression;
  const separator = call.arguments[0];
  if (!ts.isArrayLiteralExpression(list) || separator === undefined || !ts.isStringLiteralLike(separator)) {
    return undefined;
  }
  return { elements: [...list.elements], separator: separator.text };
}

/** The value of a constant in one of the blocks around a name. */
function initializerOf(name: ts.Identifier): ts.Expression | undefined {
  for (let scope: ts.Node | undefined = name.parent; scope !== undefined; scope = scope.parent) {
    if (isFunction(scope) && scope.parameters.some((parameter) => parameter.name.getText() === name.text))
      return undefined;
    if (!ts.isBlock(scope) && !ts.isSourceFile(scope)) continue;
    for (const statement of scope.statements) {
      if (!ts.isVariableStatement(statement)) continue;
      const found = statement.declarationList.declarations.find(
        (declaration) => declaration.name.getText() === name.text,
      );
      if (found !== undefined) return found.initializer;
    }
  }
  return undefined;
}

/** A function is called in its own file, or in one that imports it. */
function isSeenBy(call: ts.CallExpression, made: AnyFunction): boolean {
  const file = call.getSourceFile();
  if (file === made.getSourceFile()) return true;
  const statement = ts.findAncestor(made, (node) => ts.isVariableStatement(node) || ts.isFunctionDeclaration(node));
  const isExported = statement?.getText().startsWith('export ') ?? false;
  const name = nameOfFunction(made) ?? '';
  return isExported && new RegExp(`import [^;]*\\b${name}\\b[^;]*from`).test(file.text);
}

function returnsOf(body: ts.Node): ts.Expression[] {
  const found: ts.Expression[] = [];
  const visit = (node: ts.Node) => {
    if (isFunction(node)) return;
    if (ts.isReturnStatement(node) && node.expression !== undefined) found.push(node.expression);
    ts.forEachChild(node, visit);
  };
  ts.forEachChild(body, visit);
  return found;
}

function isFunction(node: ts.Node): node is AnyFunction {
  return (
    ts.isFunctionDeclaration(node) ||
    ts.isArrowFunction(node) ||
    ts.isFunctionExpression(node) ||
    ts.isMethodDeclaration(node)
  );
}

function nameOfFunction(made: AnyFunction): string | undefined {
  if (made.name !== undefined) return made.name.getText();
  return ts.isVariableDeclaration(made.parent) ? made.parent.name.getText() : undefined;
}

/** Written out it would have no end. */
function callsItself(made: AnyFunction): boolean {
  return made.body?.getText().includes(`${nameOfFunction(made)}(`) ?? false;
}

function placeholder(node: ts.Expression): string {
  if (ts.isCallExpression(node)) return `{${lastName(node.expression)}()}`;
  return `{${lastName(node)}}`;
}

/** Short, and the same wherever the value comes from: the last name of a path. */
function lastName(node: ts.Node): string {
  if (ts.isPropertyAccessExpression(node)) {
    const { text } = node.name;
    const owner = ts.isIdentifier(node.expression) ? node.expression.text : undefined;
    return text === 'name' && owner !== undefined ? `${owner}.name` : text;
  }
  if (ts.isNonNullExpression(node) || ts.isAwaitExpression(node)) return lastName(node.expression);
  return ts.isIdentifier(node) ? node.text : '...';
}

function choice(texts: readonly string[]): string {
  const unique = [...new Set(texts.flatMap((text) => (isChoice(text) ? text.slice(1, -1).split(' | ') : [text])))];
  return unique.length === 1 ? (unique[0] ?? '') : `{${unique.join(' | ')}}`;
}

function isChoice(text: string): boolean {
  return /^\{[^{}]*(?:\{[^{}|]*\}[^{}]*)* \| /.test(text) && text.endsWith('}');
}

function hasWords(text: string): boolean {
  return /[a-z]{2,} [a-z]{2,}/i.test(text);
}

function isOnlyPlaceholders(text: string): boolean {
  return !/[a-z]/i.test(text.replaceAll(/\{[\w.()]*\}/g, ''));
}

function push<T>(map: Map<string, T[]>, key: string, value: T): void {
  const list = map.get(key);
  if (list === undefined) map.set(key, [value]);
  else list.push(value);
}
