/**
 * Who works on a job: a process, told apart from others that are gone, so that what one has left is taken up at once.
 */
import { hostname } from "node:os"

export type Owner = string

/** Of this process: those that have ended are gone, whatever its id says. */
const living = new Set<Owner>()

/** A new owner; it lives until it is ended. */
export const make = (): { readonly owner: Owner; readonly end: () => void } => {
  const owner = `${hostname()} ${process.pid} ${globalThis.crypto.randomUUID()}`
  living.add(owner)
  return { owner, end: () => living.delete(owner) }
}

/** Whether somebody may still be at it. `until`: as long as that is believed of another machine. */
export const isAlive = (owner: Owner | undefined, until: number | undefined, now: number): boolean => {
  if (owner === undefined || (until !== undefined && until <= now)) return false
  const [host, pid] = owner.split(" ")
  if (host !== hostname()) return true
  return pid === String(process.pid) ? living.has(owner) : isRunning(Number(pid))
}

const isRunning = (pid: number): boolean => {
  try {
    return process.kill(pid, 0)
  } catch (cause) {
    return cause instanceof Error && "code" in cause && cause.code === "EPERM"
  }
}
