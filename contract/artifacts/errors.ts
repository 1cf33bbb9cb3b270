/** The errors of artifacts, by their codes. */
export const artifactsErrors = {
  range: { status: 416, meaning: 'The range is outside the content.' },
  artifact_damaged: {
    status: 500,
    meaning: 'The stored content is damaged: it was changed, shortened or lengthened on the disk.',
  },
} as const
