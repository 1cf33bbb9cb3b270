/**
 * The judge's checks are pure functions. The project's policy says as data (`CheckRule`) which of them run and how much
 * each counts. A check counts and shows evidence; judge.rules.ts decides what follows.
 */

import type { CheckName } from '@muster/contract/projects/checks'
import type { RubricScore } from '../rules/rubrics.rules.ts'

/** One check of a policy, its parameters not validated yet. */
export interface CheckRule {
  readonly check: CheckName
  /** Of `info` no failure is a violation: it only lowers the confidence. */
  readonly severity: 'critical' | 'warning' | 'info'
  /** 0 to 1: how much of the confidence a complete failure takes away. */
  readonly weight: number
  readonly measures: 'quality' | 'compliance'
  /** The share of failures, 0 to 1, from which it is a violation. 0: any failure is one. */
  readonly violation_from: number
  /** The check's own parameters (`{ characters_max: 2000 }`, `{ patterns: ['(?i)foo'] }`). */
  readonly params?: Readonly<Record<string, unknown>> | undefined
}

/** A string of the output, with its JSON Pointer ('' for the output itself). */
export interface OutputText {
  readonly path: string
  readonly text: string
  /** Which detectors can find something in it: see prefilter.ts. */
  readonly flags: number
}

export interface CheckInput {
  readonly output: unknown
  /** All strings of the output: `textsOf(output)`. */
  readonly texts: readonly OutputText[]
  /** The task's `output_schema`; absent or `{}`: anything goes. */
  readonly output_schema?: unknown
  readonly params: Readonly<Record<string, unknown>>
  /** The topics that go to people, with words of the policy's own (`sensitive_topics` and `topic_words`). */
  readonly topics: readonly string[]
  readonly topic_words: Readonly<Record<string, readonly string[]>>
  /** For grounding: each cited artifact's visible text by byte range (`ToolsPort.textAt`); `citedArtifacts(output)` names them. */
  readonly sources: ReadonlyMap<string, SourceText>
  /** For rubrics: a model's scores of the output, by the rubric's name. */
  readonly scores: ReadonlyMap<string, RubricScore>
}

/** The visible text of a source between two bytes of its original file; null where it has no such range. */
export type SourceText = (byte_start: number, byte_end: number) => string | null

/**
 * One place of evidence: `path` is the JSON Pointer of a string in the output, and the bytes are counted in it (UTF-8).
 */
export interface Evidence {
  readonly artifact_id?: string
  readonly document?: string
  readonly path?: string
  readonly byte_start: number
  readonly byte_end: number
  /** The text at that place; secrets are masked. */
  readonly text: string
}

export interface TopicFinding {
  readonly topic: string
  readonly evidence: readonly Evidence[]
}

export interface CheckResult {
  /** How many of `of` things failed. `of` 0: there was nothing to check. */
  readonly failed: number
  readonly of: number
  /** The failures in words that help the next try. */
  readonly message?: string
  readonly evidence: readonly Evidence[]
  readonly topics?: readonly TopicFinding[]
}

export type Check = (input: CheckInput) => CheckResult

/** A check of the policy with its result: confidence, quality and violations are computed from it. */
export interface Finding extends CheckRule, CheckResult {}
