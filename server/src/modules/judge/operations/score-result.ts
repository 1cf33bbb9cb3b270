import { cutText } from '@muster/contract/texts/graphemes'
import type { LeasedJob } from '../../../platform/jobs/job-kind.ts'
import { scoreTool } from '../../../platform/json/score-tool.ts'
import { fillTemplate } from '../../../platform/text/fill-template.ts'
import { cutDataText } from '../../../platform/text/prompt-data.ts'
import { storable } from '../../../platform/text/storable.ts'
import type { GatewayPort } from '../../gateway/gateway.port.ts'
import type { RunResult } from '../../worker/worker.port.ts'
import type { Rubric, RubricScore } from '../rules/rubrics.rules.ts'
import { judgePrompts } from './prompts.ts'
import type { ScoreJob } from './score-jobs.ts'

export interface ScoreResultDeps {
  readonly gateway: Pick<GatewayPort, 'structured'>
}

const submission = scoreTool({ name: 'submit_score', field: 'score', reasoning_characters_min: 1 })

/** Asks the model of a rubric once what it makes of a result. */
export function scoreResult(
  { gateway }: ScoreResultDeps,
  {
    scoreJob,
    result,
    rubric,
    signal,
  }: {
    readonly scoreJob: LeasedJob<ScoreJob>
    readonly result: RunResult
    readonly rubric: Rubric
    readonly signal: AbortSignal
  },
): Promise<Omit<RubricScore, 'rubric'>> {
  const { organization_id, key: run_id } = scoreJob
  const { project_id, goal_id } = scoreJob.payload
  return gateway.structured({
    organization_id,
    project_id,
    goal_id,
    agent_id: null,
    request_id: run_id,
    signal,
    alias: rubric.model,
    messages: [
      { role: 'system', content: judgePrompts.texts['rubric-system'].trim() },
      { role: 'user', content: workText(rubric, result) },
    ],
    tool: submission.tool,
    read(value) {
      const answer = submission.read(value)
      if ('problem' in answer) return answer
      const { score, reasoning } = answer.value
      return { value: { score, reasoning: cutText(storable(reasoning), reasoning_characters_max) } }
    },
  })
}

const reasoning_characters_max = 2_000

function workText({ name, criteria }: Rubric, { task, output }: RunResult): string {
  const { title, capability, input } = task
  const values = {
    name,
    criteria,
    title,
    capability,
    input: cutDataText(JSON.stringify(input ?? null)),
    output: cutDataText(output),
  }
  return fillTemplate(judgePrompts.texts['rubric-work'], values).trim()
}
