export const kib = 1024
export const mib = 1024 * kib
export const second_ms = 1000
export const minute_ms = 60 * second_ms
export const hour_ms = 60 * minute_ms
