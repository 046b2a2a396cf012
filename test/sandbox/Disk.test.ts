import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import * as Disk from "../../src/sandbox/Disk.ts"

const withDisk = <A>(run: (disk: Disk.Disk) => Promise<A>) =>
  Effect.acquireUseRelease(
    Effect.sync(Disk.make),
    (disk) => Effect.promise(() => run(disk)),
    (disk) => Effect.sync(disk.clear)
  )

const text = async (file: Disk.File) => {
  const chunks: Array<Buffer> = []
  for await (const chunk of file.read()) chunks.push(chunk)
  return Buffer.concat(chunks).toString()
}

describe("files on disk", () => {
  it.effect("are read by line, and gone with their last holder", () =>
    withDisk(async (disk) => {
      const file = disk.make()
      file.append("a\nbö")
      file.append("\n\n")
      file.append(`${"long ".repeat(30_000)}\nend`)
      assert.strictEqual(file.lines(), 5)
      assert.deepStrictEqual([0, 1, 2, 4, 5].map(file.line), ["a", "bö", "", "end", ""])
      assert.strictEqual(file.line(3).length, 150_000)
      assert.strictEqual((await text(file)).length, file.bytes() - 1)
      file.keep()
      file.release()
      assert.strictEqual(file.line(0), "a")
      file.release()
      assert.throws(() => file.line(0))
      const empty = disk.make()
      assert.deepStrictEqual([empty.lines(), empty.line(0), await text(empty)], [0, "", ""])
    }))
})
