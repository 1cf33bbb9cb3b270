/** The permissions of the judge. */
export const judgePermissions = ['verdicts:write'] as const
