import { mib } from '../units.ts'

/** The limits of artifacts; the unit stands last in each name. */
export const artifactsLimits = {
  upload_file_bytes_max: 64 * mib,
  goal_input_bytes_max: 1024 * mib,
  goal_input_files_max: 2_000,
  folder_depth_max: 16,
} as const
