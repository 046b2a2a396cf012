import { computed, effect, signal } from "@preact/signals"

export const themes = ["auto", "dark", "light"] as const
export type Theme = typeof themes[number]

const key = "loom-theme"
const kept = (): Theme => {
  try {
    return themes.find((name) => name === localStorage.getItem(key)) ?? "auto"
  } catch {
    return "auto"
  }
}

export const theme = signal<Theme>(kept())

const system = matchMedia("(prefers-color-scheme: dark)")
const isSystemDark = signal(system.matches)

/** What `auto` comes to: what is drawn on a canvas has to be drawn again. */
export const scheme = computed(() => theme.value === "auto" ? (isSystemDark.value ? "dark" : "light") : theme.value)

export const nextTheme = (): void => {
  theme.value = themes[(themes.indexOf(theme.peek()) + 1) % themes.length] ?? "auto"
}

export const applyTheme = (): void => {
  system.addEventListener("change", ({ matches }) => {
    isSystemDark.value = matches
  })
  effect(() => {
    document.documentElement.dataset["theme"] = theme.value
    try {
      localStorage.setItem(key, theme.value)
    } catch {
      // Kept for as long as the page is open.
    }
  })
}
