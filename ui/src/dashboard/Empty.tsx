// What a newcomer sees: how to bring something onto the board.

export function Empty() {
  return (
    <div className="empty">
      <h2>Nothing has been heard yet</h2>
      <p>
        Point a webhook of GitLab, GitHub or Gitea at <code>{location.origin}/hooks/…</code>, and each run appears here
        by itself.
      </p>
    </div>
  )
}
