/**
 * The check `sensitive_topics`: the sensitive topics of an output, with evidence. A pass over word beginnings finds
 * which topics can occur at all; only then are sentences scored by the weights of topics.data.ts. A topic is not a
 * failure: it sends the result to a person and leaves confidence alone.
 */

import { findWords } from '../banned-content.ts'
import type { Check, Evidence, OutputText, TopicFinding } from '../checks.types.ts'
import { evidenceAt, sentenceSpans, textsAt } from '../texts.ts'
import { type CompiledTopic, compiledTopics, mayHold } from './topic-lexicon.ts'

const evidence_max = 200

export const sensitiveTopics: Check = ({ texts, params, topics, topic_words }) => {
  const checkedTexts = textsAt(texts, params.path)
  const findings = new Map<string, Map<string, Evidence>>()
  const add = (topic: string, evidence: Evidence): void => {
    const list = findings.get(topic) ?? new Map<string, Evidence>()
    findings.set(topic, list)
    if (!list.has(evidence.text)) list.set(evidence.text, evidence)
  }
  const enabledTopics = compiledTopics.filter(({ topic }) => topics.includes(topic))
  for (const one of checkedTexts) classify(one, enabledTopics, add)
  // A project's own words mark their topic anywhere.
  for (const topic of topics)
    for (const { places } of findWords(topic_words[topic] ?? [], checkedTexts, evidence_max))
      for (const evidence of places) add(topic, evidence)
  const topicFindings = topics.flatMap((topic): TopicFinding[] => {
    const evidence = findings.get(topic)
    return evidence ? [{ topic, evidence: shownOf([...evidence.values()]) }] : []
  })
  if (topicFindings.length === 0) return { failed: 0, of: topics.length, evidence: [] }
  const message = `sensitive topics: ${topicFindings.map(({ topic }) => topic).join(', ')}`
  return {
    failed: topicFindings.length,
    of: topics.length,
    evidence: topicFindings.flatMap(({ evidence }) => evidence),
    message,
    topics: topicFindings,
  }
}

/**
 * Equal evidence is shown once. Where not all can be shown, a last entry says so; no approved text holds that entry, so
 * evidence that was not shown never counts as settled.
 */
function shownOf(evidence: readonly Evidence[]): readonly Evidence[] {
  const [first] = evidence
  if (!first || evidence.length <= evidence_max) return evidence
  return [...evidence.slice(0, evidence_max), { ...first, text: `(${evidence.length - evidence_max} more sentences)` }]
}

function classify(
  one: OutputText,
  enabledTopics: readonly CompiledTopic[],
  add: (topic: string, evidence: Evidence) => void,
): void {
  const possible = mayHold(one.text)
  if (possible === 0) return
  const topics = enabledTopics.filter(({ bit }) => possible & bit)
  if (topics.length === 0) return
  for (const [start, end] of sentenceSpans(one.text)) {
    const sentence = one.text.slice(start, end)
    const here = mayHold(sentence)
    for (const topic of topics)
      if (here & topic.bit && topic.holds(sentence)) add(topic.topic, evidenceOf(one, start, end))
  }
}

/** The sentence alone: no white space around it, no citation before or after it. */
function evidenceOf(one: OutputText, start: number, end: number): Evidence {
  const sentence = one.text.slice(start, end)
  const before = /^(?:\s|\[[^[\]\n]{1,200}:\d+-\d+\])*/.exec(sentence)?.[0].length ?? 0
  const after =
    /(?:\s|\[[^[\]\n]{1,200}:\d+-\d+\])*$/.exec(sentence.slice(Math.max(before, sentence.length - 400)))?.[0].length ??
    0
  return evidenceAt(one, start + before, Math.max(end - after, start + before))
}
