/** A look at one part of the program, for the routes of health and `muster doctor`. */
export interface HealthCheck {
  readonly name: string
  /** Whether nothing works without it: then its failing makes the service not ready. */
  readonly critical: boolean
  /** `thorough`: somebody looks for what is wrong, so it may cost more, such as a write. */
  check(options: { readonly thorough: boolean }): Promise<HealthFinding>
}

/** How the part is, and what an operator can do about it. */
export interface HealthFinding {
  readonly status: 'ok' | 'degraded' | 'failing'
  readonly message?: string
  readonly remedy?: string
  readonly facts?: Readonly<Record<string, string | number | boolean>>
}
