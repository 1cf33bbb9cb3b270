import { plural } from '../../../../ui/format.ts'
import type { PlanProblem } from './plan-editing.ts'

/** What is wrong with a plan, each with the place where it is. */
export function PlanProblems({ problems }: { readonly problems: readonly PlanProblem[] }) {
  if (problems.length === 0) return null
  return (
    <div role="alert" className="rounded-md bg-bad-soft px-3 py-2">
      <p className="font-medium text-bad">{plural(problems.length, 'error')} in the plan</p>
      <ul className="mt-1 flex max-h-40 flex-col gap-0.5 overflow-auto">
        {problems.map(({ path, problem }) => (
          <li key={`${path} ${problem}`} className="[overflow-wrap:anywhere]">
            <code className="font-mono text-[0.93rem]">{path === '' ? 'plan' : path}</code> {problem}
          </li>
        ))}
      </ul>
    </div>
  )
}
