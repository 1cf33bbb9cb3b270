export const workerPermissions = ['runs:work'] as const
