type Union<Parts> = Parts[keyof Parts]
type Intersection<T> = (T extends unknown ? (value: T) => void : never) extends (value: infer All) => void ? All : never

/** Everything that the parts hold, with their exact types. */
export type Merged<Parts> = { readonly [Key in keyof Intersection<Union<Parts>>]: Intersection<Union<Parts>>[Key] }

/**
 * Makes one table of the tables of the modules. Throws where two of them have the same key: each belongs to one module.
 *
 * @example const limits = merge({ agents: agentsLimits, platform: platformLimits })
 */
export function merge<Parts extends Readonly<Record<string, object>>>(parts: Parts): Merged<Parts> {
  const owners = new Map<string, string>()
  for (const [module, table] of Object.entries(parts)) {
    for (const key of Object.keys(table)) {
      const owner = owners.get(key)
      if (owner !== undefined) throw new Error(`${key} belongs to ${owner} and to ${module}; it has one home`)
      owners.set(key, module)
    }
  }
  return Object.assign({}, ...Object.values(parts)) as Merged<Parts>
}
