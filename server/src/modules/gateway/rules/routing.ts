/** Which targets a call is tried at, in which order. */
import type { ModelInForce, Target } from '../gateway.types.ts'

/** The targets of a model and then of its fallbacks, each once. `random` is in [0, 1). */
export function routeOf(
  model: ModelInForce,
  fallbacks: readonly ModelInForce[],
  random: () => number,
): readonly Target[] {
  const targets = [model, ...fallbacks].flatMap((one) => orderOf(one, random()))
  const targetKeys = new Set<string>()
  return targets.filter(({ provider, model: name }) => {
    const key = `${provider} ${name}`
    const isNew = !targetKeys.has(key)
    targetKeys.add(key)
    return isNew
  })
}

/** The pinned target alone; else one by weight, then the others in their order for failover. */
function orderOf({ name, version, definition }: ModelInForce, random: number): readonly Target[] {
  const { pin, targets } = definition
  const all = targets.map((target) => ({ ...target, alias: name, version }))
  if (pin) return all.filter(({ provider, model }) => provider === pin.provider && model === pin.model).slice(0, 1)
  const total = targets.reduce((sum, { weight }) => sum + weight, 0)
  let weightLeft = random * total
  const at = targets.findIndex(({ weight }) => {
    weightLeft -= weight
    return weight > 0 && weightLeft < 0
  })
  const firstTarget = all[Math.max(0, at)]
  return firstTarget ? [firstTarget, ...all.filter((one) => one !== firstTarget)] : []
}
