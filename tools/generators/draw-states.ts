import ts from 'typescript'
import { isTest, readSources, withoutAssertions } from '../sources/source-files.ts'

/**
 * Every state machine of the modules as a Mermaid drawing. A machine is a constant of a rules file whose name ends with
 * `Transitions`: an object from each state to the list of states it may move to. The first key is where it begins, and
 * a state with an empty list is an end.
 */
export function drawStates(root: string): string[] {
  const drawings = readSources(root, ['server/src/modules'])
    .filter(({ path }) => path.endsWith('.rules.ts') && !isTest(path))
    .flatMap(({ path, tree }) => machinesIn(tree).map((machine) => draw(path, machine)))
  return drawings.flatMap((lines, at) => (at === 0 ? lines : ['', ...lines]))
}

interface Machine {
  readonly name: string
  readonly states: ReadonlyMap<string, readonly string[]>
}

function machinesIn(tree: ts.SourceFile): Machine[] {
  return tree.statements.filter(ts.isVariableStatement).flatMap(({ declarationList }) =>
    declarationList.declarations.flatMap(({ name, initializer }) => {
      const noun = /^(\w+)Transitions$/.exec(name.getText(tree))?.[1]
      if (!noun || !initializer) return []
      return [{ name: noun, states: statesIn(tree, withoutAssertions(initializer)) }]
    }),
  )
}

function statesIn(tree: ts.SourceFile, table: ts.Expression): Map<string, string[]> {
  const fail = (): never => {
    throw new Error(`${tree.fileName}: a transition table is an object of lists of names in quotes, nothing computed`)
  }
  if (!ts.isObjectLiteralExpression(table)) return fail()
  return new Map(
    table.properties.map((property) => {
      if (!ts.isPropertyAssignment(property) || ts.isComputedPropertyName(property.name)) return fail()
      const list = withoutAssertions(property.initializer)
      if (!ts.isArrayLiteralExpression(list)) return fail()
      const targets = list.elements.map((element) => (ts.isStringLiteralLike(element) ? element.text : fail()))
      return [ts.isStringLiteralLike(property.name) ? property.name.text : property.name.getText(tree), targets]
    }),
  )
}

function draw(path: string, { name, states }: Machine): string[] {
  const [first] = states.keys()
  const moves = [...states].flatMap(([from, targets]) => targets.map((to) => `  ${from} --> ${to}`))
  const ends = [...states].filter(([, targets]) => targets.length === 0).map(([state]) => `  ${state} --> [*]`)
  return [
    `## ${name}`,
    '',
    `From \`${path}\`.`,
    '',
    '```mermaid',
    'stateDiagram-v2',
    ...(first ? [`  [*] --> ${first}`] : []),
    ...moves,
    ...ends,
    '```',
  ]
}
