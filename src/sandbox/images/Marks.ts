/**
 * What a prompt asks of the sandbox itself, in square brackets, where no scripted fault says it.
 *
 * - `[block input]`, `[block output]`: the vendor's moderation stops what was asked for, or what was made.
 * - `[block one]`: it stops the first of several pictures.
 * - `[no image]`: the answer is good, and empty.
 * - `[job fails]`: the job is taken and then fails.
 * - `[polls: 5]`: the job is under way for five polls; `[takes: 30]`: for 30 seconds of the sandbox's clock.
 * - `[dead link]`: links work no more when they are told.
 * - `[huge: 40]`: each picture has 40 MB behind it.
 * - `[html]`: there is a web page where a picture should be.
 */

export interface Marks {
  readonly blocked: "input" | "output" | undefined
  readonly blockedOne: boolean
  readonly isEmpty: boolean
  readonly fails: boolean
  readonly polls: number | undefined
  readonly takesMillis: number | undefined
  readonly isLinkDead: boolean
  readonly hugeMegabytes: number
  readonly isHtml: boolean
}

const numberIn = (prompt: string, name: string): number | undefined => {
  const found = new RegExp(`\\[${name}:\\s?(\\d{1,6})\\]`).exec(prompt)?.[1]
  return found === undefined ? undefined : Number(found)
}

export const read = (prompt: string): Marks => {
  const seconds = numberIn(prompt, "takes")
  return {
    blocked: prompt.includes("[block input]") ? "input" : prompt.includes("[block output]") ? "output" : undefined,
    blockedOne: prompt.includes("[block one]"),
    isEmpty: prompt.includes("[no image]"),
    fails: prompt.includes("[job fails]"),
    polls: numberIn(prompt, "polls"),
    takesMillis: seconds === undefined ? undefined : seconds * 1000,
    isLinkDead: prompt.includes("[dead link]"),
    hugeMegabytes: numberIn(prompt, "huge") ?? 0,
    isHtml: prompt.includes("[html]")
  }
}
