const id = "help"

const keys: ReadonlyArray<readonly [string, string]> = [
  ["/", "filter by text"],
  ["j k ↓ ↑", "next or previous request or batch"],
  ["Enter", "open it"],
  ["Esc", "close, or leave the list"],
  ["g o", "Overview"],
  ["g r", "Requests"],
  ["g c", "Cost"],
  ["g p", "Providers"],
  ["g b", "Batches"],
  ["t", "choose the range"],
  ["l", "pause and go on"],
  ["c", "copy its id"],
  ["← →", "read a chart's samples"],
  ["⇧← ⇧→ Enter", "select on a chart, and zoom"],
  ["Backspace", "back from a zoom"],
  ["?", "this sheet"]
]

const sheet = () => {
  const found = document.getElementById(id)
  return found instanceof HTMLDialogElement ? found : undefined
}

export const openHelp = (): void => {
  const found = sheet()
  if (found?.open === false) found.showModal()
}

export const Help = () => (
  <dialog id={id} class="help" aria-labelledby="help-title" data-testid="help">
    <div class="head">
      <h2 id="help-title">Keys</h2>
      <button type="button" class="quiet close" aria-label="Close" onClick={() => sheet()?.close()}>✕</button>
    </div>
    <dl>
      {keys.map(([key, does]) => (
        <div key={key}>
          <dt>{key.split(" ").map((one) => <kbd key={one}>{one}</kbd>)}</dt>
          <dd>{does}</dd>
        </div>
      ))}
    </dl>
    <p class="muted">Drag on a chart to zoom, double click to go back.</p>
  </dialog>
)
