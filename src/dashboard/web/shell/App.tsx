import { BatchesPage } from "../batches/BatchesPage.tsx"
import { CostPage } from "../cost/CostPage.tsx"
import { Drawer } from "../drawer/Drawer.tsx"
import { OverviewPage } from "../overview/OverviewPage.tsx"
import { Chips } from "../parts/Chips.tsx"
import { ProvidersPage } from "../providers/ProvidersPage.tsx"
import { RequestsPage } from "../requests/RequestsPage.tsx"
import { announcement } from "../state/announcement.ts"
import { meta } from "../state/figures.ts"
import { opened, view } from "../state/view.ts"
import { Help } from "./Help.tsx"
import { TopBar } from "./TopBar.tsx"

const pages = {
  overview: { title: "Overview", Page: OverviewPage },
  requests: { title: "Requests", Page: RequestsPage },
  cost: { title: "Cost", Page: CostPage },
  providers: { title: "Providers", Page: ProvidersPage },
  batches: { title: "Batches", Page: BatchesPage }
}

const Demo = () =>
  meta.answer.value?.data.isDemo === true
    ? <p class="demo" role="note" data-testid="demo">Demonstration: these calls were made up, in a log of their own.</p>
    : null

export const App = () => {
  const { page } = view.value
  const { Page, title } = pages[page]
  return (
    <>
      <a class="skip" href="#main">Skip to the figures</a>
      <TopBar />
      <Demo />
      <main id="main" tabIndex={-1} data-page={page} data-drawer={opened.value !== undefined}>
        <h1 class="sr-only">{title}</h1>
        <Chips />
        <Page />
      </main>
      <Drawer />
      <Help />
      <div class="sr-only" role="status" data-testid="announcement">{announcement.value}</div>
    </>
  )
}
