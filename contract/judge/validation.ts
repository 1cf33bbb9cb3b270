import { z } from 'zod'
import { artifactId, projectId, runId } from '../ids.ts'
import { platformLimits } from '../platform/limits.ts'
import { check, checkName } from '../projects/checks.ts'
import { projectsLimits } from '../projects/limits.ts'
import { runtimesLimits } from '../runtimes/limits.ts'
import { type Data, json, jsonObject, share, text } from '../values.ts'

/** Either a run that waits for its verdict, or a result that is judged without being recorded. */
export const validateRequest = z
  .strictObject({
    run_id: runId.optional(),
    project_id: projectId.optional(),
    output: json().optional(),
    capability: text({ min: 1, max: platformLimits.name_characters_max }).optional(),
    artifact_ids: z.array(artifactId).max(runtimesLimits.run_artifacts_max).optional(),
    output_schema: jsonObject().optional(),
    checks: z
      .array(z.union([checkName, check]))
      .max(projectsLimits.policy_checks_max)
      .optional(),
    confidence: share.optional(),
  })
  .refine((body) => (body.run_id === undefined) !== (body.project_id === undefined), {
    error: 'must name either run_id or project_id',
    path: ['run_id'],
  })
  .refine((body) => body.project_id === undefined || body.output !== undefined, {
    error: 'is required with project_id',
    path: ['output'],
  })
export type ValidateRequest = Data<z.output<typeof validateRequest>>
