/**
 * The command is built twice: whole, over the library's own files and the program's Effect, and once more for what is
 * asked so often that it mustn't wait for Effect's many files. That one carries an Effect of its own and no vendor.
 */

/** What the quick one does. The rest of it is words: how a command is called, and what is wrong with how it was. */
const commands: ReadonlySet<string> = new Set(["cache", "logs", "models", "stats"])

/** Whether the quick one has this part of a command, by the names of their files. */
export const isWhole = (command: string, part: string): boolean => commands.has(command) && part !== "ModelCheck"

/** Whether the quick one can answer these arguments. What it can't be sure of, it doesn't. */
export const answers = (args: ReadonlyArray<string>): boolean => {
  const [first = "--help", last = first] = [args[0], args.at(-1)]
  if (commands.has(first)) return !args.includes("check")
  // After words alone, it is no flag's value.
  return /^(--help|-h|--version)$/.test(last) && args.slice(0, -1).every((arg) => /^[a-z]+$/.test(arg))
}
