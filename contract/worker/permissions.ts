/** The permissions of the worker. */
export const workerPermissions = ['runs:work'] as const
