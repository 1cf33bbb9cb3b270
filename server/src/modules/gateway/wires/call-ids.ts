/** Finds the call that a tool's result answers, also where servers leave ids out or use one twice. */
export interface CallIds {
  /** The id for a call: its own, or one that is made from the number of the call. */
  call(id: string | undefined, name: string): string
  /** The id of the call that is answered: without an id, the first of that name that has no answer yet, or the first. */
  result(id: string | undefined, name?: string): { readonly call_id: string; readonly name?: string }
}

export function createCallIds(): CallIds {
  let count = 0
  const open: { readonly id: string; readonly name: string }[] = []
  const names = new Map<string, string>()
  return {
    call(given, name) {
      count += 1
      const id = given || `call_${count}`
      open.push({ id, name })
      names.set(id, name)
      return id
    },
    result(given, name) {
      const byName = name === undefined ? -1 : open.findIndex((call) => call.name === name)
      const at = given ? open.findIndex(({ id }) => id === given) : byName >= 0 ? byName : open.length > 0 ? 0 : -1
      const [answered] = at >= 0 ? open.splice(at, 1) : []
      const call_id = given || answered?.id || `call_${count}`
      const resultName = name ?? answered?.name ?? names.get(call_id)
      return { call_id, ...(resultName !== undefined && { name: resultName }) }
    },
  }
}
