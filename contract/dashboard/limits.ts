export const dashboardLimits = {
  find_items_default: 20,
  find_items_max: 50,
} as const
