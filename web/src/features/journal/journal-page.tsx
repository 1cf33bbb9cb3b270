export function JournalPage() {
  return <h1>JournalPage</h1>
}
