import { Link } from '@tanstack/react-router'

/** The next step where there is nothing yet. */
export function NewGoalLink() {
  return (
    <Link to="/goals/new" className="text-accent underline">
      New goal
    </Link>
  )
}
