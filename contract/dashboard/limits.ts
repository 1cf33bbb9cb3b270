/** The limits of the dashboard; the unit stands last in each name. */
export const dashboardLimits = {
  find_items_default: 20,
  find_items_max: 50,
} as const
