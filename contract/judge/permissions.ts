export const judgePermissions = ['verdicts:write'] as const
