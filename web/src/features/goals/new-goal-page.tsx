export function NewGoalPage() {
  return <h1>NewGoalPage</h1>
}
