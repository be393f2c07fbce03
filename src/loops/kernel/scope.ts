/**
 * Who is who: which variable each name in a function means, how often each is written, and which names are free. Found once per
 * source, before anything is lowered, so that functions may be inlined wherever they are called.
 */
import type {
  AnonymousFunctionDeclaration,
  AnyNode,
  ArrowFunctionExpression,
  FunctionDeclaration,
  FunctionExpression,
  Identifier,
  Node,
  Pattern,
} from 'acorn'

export type AnyFunctionNode =
  | AnonymousFunctionDeclaration
  | ArrowFunctionExpression
  | FunctionExpression
  | FunctionDeclaration

export interface Variable {
  readonly name: string
  readonly kind: 'let' | 'const' | 'var' | 'parameter' | 'function'
  /** Assignments, declarations with a value among them; a parameter is not written by being passed. */
  writes: number
  /** A `var` that is given its value in a branch or a loop: there it may be read without that. */
  late: boolean
}

export interface Scoping {
  /** What a name means; a name that is not here is free. */
  readonly uses: ReadonlyMap<Identifier, Variable>
  readonly free: readonly Identifier[]
  /** The `var`s of each function. */
  readonly vars: ReadonlyMap<AnyFunctionNode, readonly Variable[]>
}

interface Scope {
  readonly names: Map<string, Variable>
  readonly outer: Scope | undefined
  /** The scope of a function: `var` and `arguments` belong to it. */
  readonly isFunction: boolean
}

const isNode = (value: unknown): value is Node =>
  typeof value === 'object' && value !== null && typeof (value as { type?: unknown }).type === 'string'

type Visitors = {
  readonly [T in AnyNode['type']]?: (
    scope: Scope,
    node: Extract<AnyNode, { type: T }>,
    nested: boolean,
  ) => void
}
const is = <T extends AnyNode['type']>(type: T, node: Node): node is Extract<AnyNode, { type: T }> =>
  node.type === type
const isDeclared = (kind: string): kind is 'let' | 'const' | 'var' => ['let', 'const', 'var'].includes(kind)
const ignore = (): void => {}

function childrenOf(node: Node): Node[] {
  return Object.values(node).flatMap((value: unknown) =>
    Array.isArray(value) ? value.filter(isNode) : isNode(value) ? [value] : [],
  )
}

/** The names that a pattern declares or writes. */
export function namesOf(pattern: Pattern): Identifier[] {
  switch (pattern.type) {
    case 'Identifier':
      return [pattern]
    case 'ArrayPattern':
      return pattern.elements.flatMap((e) => (e ? namesOf(e) : []))
    case 'ObjectPattern':
      return pattern.properties.flatMap((p) => namesOf(p.type === 'Property' ? p.value : p.argument))
    case 'RestElement':
      return namesOf(pattern.argument)
    case 'AssignmentPattern':
      return namesOf(pattern.left)
    case 'MemberExpression':
      return []
  }
}

/** The largest `arguments[k]` of a function, as a count. */
export function argumentsUsed(fn: AnyFunctionNode): number {
  const within = (node: Node): number => {
    if (is('FunctionExpression', node) || is('FunctionDeclaration', node)) return 0
    const own =
      is('MemberExpression', node) &&
      node.object.type === 'Identifier' &&
      node.object.name === 'arguments' &&
      node.property.type === 'Literal'
        ? Number(node.property.value) + 1
        : 0
    return Math.max(own, ...childrenOf(node).map(within))
  }
  return fn.type === 'ArrowFunctionExpression' ? 0 : within(fn.body)
}

export function scoping(fn: AnyFunctionNode): Scoping {
  const uses = new Map<Identifier, Variable>()
  const free: Identifier[] = []
  const vars = new Map<AnyFunctionNode, readonly Variable[]>()

  const open = (outer: Scope | undefined, isFunction = false): Scope => ({
    names: new Map(),
    outer,
    isFunction,
  })
  const functionScope = (scope: Scope): Scope =>
    scope.isFunction || !scope.outer ? scope : functionScope(scope.outer)

  const declare = (scope: Scope, id: Identifier, kind: Variable['kind']): Variable => {
    const home = kind === 'var' ? functionScope(scope) : scope
    const old = home.names.get(id.name)
    // `var x` twice, or a parameter that is declared again, is one variable.
    const variable =
      old && (kind === 'var' || kind === 'function') ? old : { name: id.name, kind, writes: 0, late: false }
    home.names.set(id.name, variable)
    uses.set(id, variable)
    return variable
  }

  /** Declares what a scope holds before its first statement runs; `var` also from deeper blocks. */
  const hoist = (scope: Scope, node: Node, top: boolean): void => {
    if (is('FunctionExpression', node) || is('ArrowFunctionExpression', node)) return
    if (is('FunctionDeclaration', node)) {
      if (top && node.id) declare(scope, node.id, 'function').writes++
      return
    }
    if (is('VariableDeclaration', node) && isDeclared(node.kind) && (top || node.kind === 'var')) {
      for (const d of node.declarations) for (const id of namesOf(d.id)) declare(scope, id, node.kind)
    }
    for (const child of childrenOf(node)) hoist(scope, child, false)
  }
  const hoistAll = (scope: Scope, body: readonly Node[]): void => {
    for (const node of body) hoist(scope, node, true)
  }

  const lookUp = (scope: Scope | undefined, id: Identifier): Variable | undefined => {
    if (!scope) return undefined
    return scope.names.get(id.name) ?? lookUp(scope.outer, id)
  }
  const use = (scope: Scope, id: Identifier): void => {
    const variable = lookUp(scope, id)
    if (variable) uses.set(id, variable)
    else free.push(id)
  }
  const write = (scope: Scope, pattern: Pattern, nested: boolean): void => {
    for (const id of namesOf(pattern)) {
      const variable = lookUp(scope, id)
      if (!variable) continue
      variable.writes++
      if (nested && variable.kind === 'var') variable.late = true
    }
  }

  const walkFunction = (scope: Scope, node: AnyFunctionNode): void => {
    const own = open(scope, true)
    if (node.type === 'FunctionExpression' && node.id) declare(own, node.id, 'function').writes++
    const inside = open(own, true)
    for (const p of node.params) for (const id of namesOf(p)) declare(inside, id, 'parameter')
    walkAll(inside, node.params, false)
    if (node.body.type !== 'BlockStatement') {
      walk(inside, node.body, false)
      return
    }
    hoistAll(inside, node.body.body)
    const declared = [...inside.names.values()]
    vars.set(
      node,
      declared.filter((v) => v.kind === 'var'),
    )
    walkAll(inside, node.body.body, false)
  }

  const walkAll = (scope: Scope, nodes: readonly (Node | null | undefined)[], nested: boolean): void => {
    for (const node of nodes) if (node) walk(scope, node, nested)
  }

  /** What is not simply its parts. `nested`: it may run never, or more than once. */
  const visitors: Visitors = {
    Identifier: use,
    FunctionDeclaration: (scope, node) => walkFunction(scope, node),
    FunctionExpression: walkFunction,
    ArrowFunctionExpression: walkFunction,
    MemberExpression: (scope, { computed, object, property }) =>
      walkAll(scope, computed ? [object, property] : [object], true),
    Property: (scope, { computed, key, value }) => walkAll(scope, computed ? [key, value] : [value], true),
    LabeledStatement: (scope, node) => walk(scope, node.body, true),
    VariableDeclaration: (scope, node, nested) => walkAll(scope, node.declarations, nested),
    BreakStatement: ignore,
    ContinueStatement: ignore,
    ClassDeclaration: ignore,
    ClassExpression: ignore,
    MetaProperty: ignore,
    BlockStatement(scope, node) {
      const block = open(scope)
      hoistAll(block, node.body)
      walkAll(block, node.body, true)
    },
    SwitchStatement(scope, node) {
      walk(scope, node.discriminant, true)
      const block = open(scope)
      for (const c of node.cases) hoistAll(block, c.consequent)
      for (const c of node.cases) walkAll(block, [c.test, ...c.consequent], true)
    },
    VariableDeclarator(scope, node, nested) {
      if (node.init) write(scope, node.id, nested)
      walkAll(scope, [node.id, node.init], nested)
    },
    AssignmentExpression(scope, node, nested) {
      write(scope, node.left, false)
      walkAll(scope, [node.left, node.right], nested)
    },
    UpdateExpression(scope, node, nested) {
      if (node.argument.type === 'Identifier') write(scope, node.argument, false)
      walk(scope, node.argument, nested)
    },
    ForOfStatement(scope, node) {
      const head = open(scope)
      if (node.left.type === 'VariableDeclaration') {
        hoist(head, node.left, true)
        for (const d of node.left.declarations) write(head, d.id, true)
      } else write(head, node.left, true)
      walkAll(head, [node.left, node.right, node.body], true)
    },
    ForStatement(scope, node) {
      const head = open(scope)
      if (node.init?.type === 'VariableDeclaration') hoist(head, node.init, true)
      walkAll(head, [node.init, node.test, node.update, node.body], true)
    },
  }

  const walk = (scope: Scope, node: Node, nested: boolean): void => {
    const visit = visitors[node.type as AnyNode['type']] as
      | ((scope: Scope, node: Node, nested: boolean) => void)
      | undefined
    if (visit) visit(scope, node, nested)
    else walkAll(scope, childrenOf(node), true)
  }

  walkFunction(open(undefined, true), fn)
  return { uses, free, vars }
}
