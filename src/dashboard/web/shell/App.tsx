import { Drawer } from "../drawer/Drawer.tsx"
import { OverviewPage } from "../overview/OverviewPage.tsx"
import { Chips } from "../parts/Chips.tsx"
import { RequestsPage } from "../requests/RequestsPage.tsx"
import { announcement } from "../state/announcement.ts"
import { meta } from "../state/figures.ts"
import { view } from "../state/view.ts"
import { Help } from "./Help.tsx"
import { TopBar } from "./TopBar.tsx"

const titles = { overview: "Overview", requests: "Requests" }

const Demo = () =>
  meta.answer.value?.data.isDemo === true
    ? <p class="demo" role="note" data-testid="demo">Demonstration: these calls were made up, in a log of their own.</p>
    : null

export const App = () => {
  const { page, request } = view.value
  return (
    <>
      <a class="skip" href="#main">Skip to the figures</a>
      <TopBar />
      <Demo />
      <main id="main" tabIndex={-1} data-page={page} data-drawer={request !== undefined}>
        <h1 class="sr-only">{titles[page]}</h1>
        <Chips />
        {page === "overview" ? <OverviewPage /> : <RequestsPage />}
      </main>
      <Drawer />
      <Help />
      <div class="sr-only" role="status" data-testid="announcement">{announcement.value}</div>
    </>
  )
}
