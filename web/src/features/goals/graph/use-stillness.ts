import { useEffect, useState } from 'react'

/** Whether whoever looks asked for less motion. */
export function useStillness(): boolean {
  const [still, setStill] = useState(() => matchMedia('(prefers-reduced-motion: reduce)').matches)
  useEffect(() => {
    const query = matchMedia('(prefers-reduced-motion: reduce)')
    const notify = (): void => setStill(query.matches)
    query.addEventListener('change', notify)
    return () => query.removeEventListener('change', notify)
  }, [])
  return still
}
