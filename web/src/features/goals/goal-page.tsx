export function GoalPage() {
  return <h1>GoalPage</h1>
}
