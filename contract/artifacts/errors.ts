export const artifactsErrors = {
  range: { status: 416, meaning: 'The range lies outside the content.' },
  artifact_damaged: {
    status: 500,
    meaning: 'The stored content is not what was stored: it was changed, shortened or lengthened on the disk.',
  },
} as const
