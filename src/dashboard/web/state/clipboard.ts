import { announce } from "./announcement.ts"

/** Copies text, and says so. Where the browser doesn't let it, says that. */
export const copy = async (what: string, text: string): Promise<boolean> => {
  try {
    await navigator.clipboard.writeText(text)
    announce(`Copied ${what}`)
    return true
  } catch {
    announce(`The browser refused to copy ${what}`)
    return false
  }
}
