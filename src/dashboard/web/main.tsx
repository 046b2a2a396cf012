import { render } from "preact"
import { App } from "./shell/App.tsx"
import { listenToKeys } from "./shell/keyboard.ts"
import { announcePending } from "./state/announcement.ts"
import { startClock } from "./state/clock.ts"
import { listen } from "./state/live.ts"
import { holdWhileReading } from "./state/log.ts"
import { applyTheme } from "./state/theme.ts"
import { followAddress } from "./state/view.ts"

applyTheme()
followAddress()
startClock()
holdWhileReading()
announcePending()
listenToKeys()
listen()
render(<App />, document.body)
