import { expect, it } from 'vitest'
import { seededTree } from '../sources/seeded-tree.ts'
import { drawModules } from './draw-modules.ts'
import { drawStates } from './draw-states.ts'

it('draws a module graph from the imports, dotted where only types are imported', () => {
  using tree = seededTree({
    'server/src/app/modules.ts': `export const addModules = (program) =>
  program.add('alpha', alphaModule).add('beta', betaModule).add('gamma', gammaModule)`,
    'server/src/modules/alpha/alpha.port.ts': 'export type A = 1',
    'server/src/modules/beta/beta.service.ts': `import type { A } from '../alpha/alpha.port.ts'\nexport type B = A`,
    'server/src/modules/gamma/gamma.service.ts': `import { a } from '../alpha/alpha.port.ts'\nexport const g = a`,
    'server/src/modules/gamma/gamma.test.ts': `import { b } from '../beta/beta.service.ts'\nexport const t = b`,
  })
  const drawing = drawModules(tree.root)
  expect(drawing.filter((line) => line.includes('->'))).toEqual(['  beta -.-> alpha', '  gamma --> alpha'])
})

it('draws a state machine from its transition table', () => {
  using tree = seededTree({
    'server/src/modules/planner/planner.rules.ts': `export const taskTransitions = { pending: ['ready', 'failed'], ready: ['done'], done: [], failed: [] } as const`,
  })
  expect(drawStates(tree.root).slice(4, -1)).toEqual([
    '```mermaid',
    'stateDiagram-v2',
    '  [*] --> pending',
    '  pending --> ready',
    '  pending --> failed',
    '  ready --> done',
    '  done --> [*]',
    '  failed --> [*]',
  ])
})

it('refuses a transition table that it cannot read instead of leaving something out', () => {
  using tree = seededTree({
    'server/src/modules/planner/planner.rules.ts': 'export const taskTransitions = { pending: [...others] }',
  })
  expect(() => drawStates(tree.root)).toThrow('nothing computed')
})
