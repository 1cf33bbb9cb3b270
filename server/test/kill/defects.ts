import { cpSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Plugin } from 'esbuild'
import type { RuleName } from './checker.rules.ts'
import { bundleProgram, root } from './tools.ts'

/** A mistake that the harness puts into a copy of the program, and the rule that must tell of it. */
export interface Defect {
  readonly name: string
  readonly rule: RuleName
  readonly file: string
  /** Exact texts, each once in the file, and what stands there instead. */
  readonly changes: readonly (readonly [string, string])[]
}

export const defects: readonly Defect[] = [
  {
    name: 'acknowledge-before-commit',
    rule: 'acknowledged_goals_are_there',
    file: 'server/src/modules/planner/goals.service.ts',
    changes: [
      [
        `      transactions.write(caller, (tx) => {
        goalKillPoint(tx)
        return createGoal(deps, tx, { caller, request })
      }),`,
        `      new Promise<Awaited<ReturnType<typeof createGoal>>>((resolve, reject) => {
        transactions
          .write(caller, async (tx) => {
            const goal = await createGoal(deps, tx, { caller, request })
            resolve(goal)
            await new Promise((waited) => setTimeout(waited, 60))
            return goal
          })
          .catch(reject)
      }),`,
      ],
    ],
  },
  {
    name: 'no-fencing',
    rule: 'old_tokens_write_nothing',
    file: 'server/src/modules/worker/reports.service.ts',
    changes: [
      [
        `const run = await leaseStore.run(tx, caller.organization_id, run_id)
    if (!run || run.token !== request.token || !owns(caller, run))
      return { ended`,
        `const old = await leaseStore.endedRun(tx, caller.organization_id, run_id)
    const [newer] = old ? await leaseStore.ofTasks(tx, [old]) : []
    const run = await leaseStore.run(tx, caller.organization_id, newer?.run_id ?? run_id)
    if (!run || !owns(caller, run))
      return { ended`,
      ],
    ],
  },
  {
    name: 'double-commit',
    rule: 'appends_are_there_once',
    file: 'server/src/modules/judge/operations/settle.ts',
    changes: [
      [
        'const outcomes = await deps.state.commit(tx, requests)',
        `await deps.state.commit(tx, requests.filter(({ operations }) => operations.every(({ op }) => op === 'append')))
  const outcomes = await deps.state.commit(tx, requests)`,
      ],
    ],
  },
  {
    name: 'hold-not-released',
    rule: 'nothing_stays_held',
    file: 'server/src/modules/worker/operations/end-attempts.ts',
    changes: [['  await settleBudgets(deps.budgets, tx, endedAttempts)\n', '']],
  },
  {
    name: 'sweeper-off',
    rule: 'everything_ends',
    file: 'server/src/modules/worker/worker.module.ts',
    changes: [['while ((await worker.sweep(dead)) > 0);', 'void dead']],
  },
]

const copies = join(root, 'node_modules/.cache/muster/kill')

/** Bundles the program with the defect, beside the texts that it reads; gives the file to run. The sources stay as they are. */
export async function buildDefect(defect: Defect): Promise<string> {
  const folder = join(copies, defect.name, 'cli')
  rmSync(join(copies, defect.name), { recursive: true, force: true })
  mkdirSync(folder, { recursive: true })
  cpSync(join(root, 'cli/dist'), join(folder, 'dist'), { recursive: true })
  symlinkSync(join(root, 'server/migrations'), join(copies, defect.name, 'migrations'))
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ type: 'module' }))
  await bundleProgram({ outdir: join(folder, 'dist'), plugins: [changing(defect)] })
  return join(folder, 'dist/muster.js')
}

/** Throws where a text is not there exactly once: then the defect has to be written anew for the code as it is now. */
export function applyDefect({ name, file, changes }: Defect, source: string): string {
  return changes.reduce((text, [before, after]) => {
    const count = text.split(before).length - 1
    if (count !== 1)
      throw new Error(`The defect ${name} fits ${file} no longer: it has ${count} times ${JSON.stringify(before)}.`)
    return text.replace(before, () => after)
  }, source)
}

function changing(defect: Defect): Plugin {
  const path = join(root, defect.file)
  return {
    name: `defect-${defect.name}`,
    setup(build) {
      build.onLoad({ filter: /\.ts$/ }, (given) =>
        given.path === path ? { contents: applyDefect(defect, readFileSync(path, 'utf8')), loader: 'ts' } : undefined,
      )
    },
  }
}
