/** A small playbook to begin with: two variables, and three tasks that every server can do without a model. */
export const example_playbook = `name: short-report
title: A short report
variables:
  topic:
    type: string
    required: true
    description: What the report is about.
  sentences:
    type: integer
    default: 3
    description: How many sentences the summary has.

tasks:
  - key: collect
    title: Collect what is known about \${topic}
    capability: noop
    input:
      text: "Notes about \${topic}. They are short. They say what is known, and what is not."

  - key: keywords
    title: Find its keywords
    capability: keywords
    input:
      text: { $from: collect.output.text }

  - key: summary
    title: Summarize it for a person
    capability: summarize
    approval: after
    input:
      text: { $from: collect.output.text }
      sentences_max: \${sentences}
`
