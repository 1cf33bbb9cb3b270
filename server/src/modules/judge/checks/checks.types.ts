/**
 * The judge's checks are pure functions, and which of them run, and how much each counts, is data (`CheckRule`), kept
 * in the project's policy. A check only counts and shows; what follows from its figures is decided in judge.rules.ts.
 */

import type { CheckName } from '@muster/contract/projects/checks'
import type { RubricScore } from '../rules/rubrics.rules.ts'

/** One line of a policy's rules: the contract's `Check`, its parameters not yet looked at. */
export interface CheckRule {
  readonly check: CheckName
  /** Of `info` no failure is a violation: it only lowers the confidence. */
  readonly severity: 'critical' | 'warning' | 'info'
  /** 0 to 1: how much of the confidence a complete failure takes away. */
  readonly weight: number
  readonly measures: 'quality' | 'compliance'
  /** The share of failures, 0 to 1, from which it is a violation. 0: any failure is one. */
  readonly violation_from: number
  /** What the check needs to know, in its own words (`{ characters_max: 2000 }`, `{ patterns: ['(?i)foo'] }`). */
  readonly params?: Readonly<Record<string, unknown>> | undefined
}

/** A string of the output, and where it stands in it (JSON Pointer, '' for the output itself). */
export interface OutputText {
  readonly path: string
  readonly text: string
  /** What detectors need not look for in it: see prefilter.ts. */
  readonly flags: number
}

export interface CheckInput {
  readonly output: unknown
  /** All strings of the output: `textsOf(output)`. */
  readonly texts: readonly OutputText[]
  /** The task's `output_schema`; absent or `{}`: anything goes. */
  readonly output_schema?: unknown
  readonly params: Readonly<Record<string, unknown>>
  /** The topics that go to people, and further words for them (a policy's `sensitive_topics` and `topic_words`). */
  readonly topics: readonly string[]
  readonly topic_words: Readonly<Record<string, readonly string[]>>
  /** For grounding: each cited artifact's visible text by byte range (`ToolsPort.textAt`); `citedArtifacts(output)` names them. */
  readonly sources: ReadonlyMap<string, SourceText>
  /** For rubrics: what a model made of the output, by the rubric's name. */
  readonly scores: ReadonlyMap<string, RubricScore>
}

/** The visible text of a source between two bytes of its original file; null where it has no such range. */
export type SourceText = (byte_start: number, byte_end: number) => string | null

/** What was found, and where: `path` is the JSON Pointer of a string in the output, the bytes counted in it (UTF-8). */
export interface Evidence {
  readonly artifact_id?: string
  readonly document?: string
  readonly path?: string
  readonly byte_start: number
  readonly byte_end: number
  /** What stands there; secrets are masked. */
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
  /** What failed, in words that help the next try. */
  readonly message?: string
  readonly evidence: readonly Evidence[]
  readonly topics?: readonly TopicFinding[]
}

export type Check = (input: CheckInput) => CheckResult

/** A rule and what its check found: what confidence, quality and violations are computed from. */
export interface Finding extends CheckRule, CheckResult {}
