import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { Images } from "loom-router"
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"

/** A PNG of one pixel. */
const png = new Uint8Array(
  Buffer.from(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==",
    "base64"
  )
)

const folder = Effect.acquireRelease(
  Effect.sync(() => mkdtempSync(join(tmpdir(), "loom-images-"))),
  (folder) => Effect.sync(() => rmSync(folder, { recursive: true }))
)

describe("dimensions", () => {
  it("are read from the bytes", () => {
    assert.deepStrictEqual(Images.dimensions({ data: png }), { width: 1, height: 1 })
    assert.strictEqual(Images.dimensions({ data: new Uint8Array(8) }), undefined)
  })
})

describe("save", () => {
  it.effect("writes all of it, in place of what was there, and leaves nothing else behind", () =>
    Effect.gen(function*() {
      const path = join(yield* folder, "a.png")
      writeFileSync(path, "something longer than the picture will be: ".repeat(10))
      yield* Images.save({ data: png }, path)
      assert.deepStrictEqual(new Uint8Array(readFileSync(path)), png)
      assert.deepStrictEqual(readdirSync(join(path, "..")), ["a.png"])
    }))

  it.effect("tells why it couldn't, and leaves what was there", () =>
    Effect.gen(function*() {
      const inside = yield* folder
      mkdirSync(join(inside, "taken"))
      writeFileSync(join(inside, "taken", "file"), "")
      const onFolder = yield* Effect.flip(Images.save({ data: png }, join(inside, "taken")))
      assert.include(onFolder.message, "taken can't be written (E")
      const nowhere = yield* Effect.flip(Images.save({ data: png }, join(inside, "no", "a.png")))
      assert.include(nowhere.message, "can't be written (ENOENT)")
      assert.deepStrictEqual(readdirSync(inside), ["taken"])
    }))
})

describe("file", () => {
  it.effect("is a part of a prompt, of the type that its bytes say", () =>
    Effect.gen(function*() {
      const path = join(yield* folder, "photo.jpg")
      writeFileSync(path, png)
      assert.deepStrictEqual(yield* Images.file(path), {
        type: "file",
        mediaType: "image/png",
        fileName: "photo.jpg",
        data: png
      })
    }))

  it.effect("is refused where it isn't there, no picture, or too large", () =>
    Effect.gen(function*() {
      const inside = yield* folder
      const why = (name: string) => Effect.map(Effect.flip(Images.file(join(inside, name))), ({ detail }) => detail)
      writeFileSync(join(inside, "a.png"), "no picture")
      writeFileSync(join(inside, "b.png"), "")
      truncateSync(join(inside, "b.png"), 51 * 1024 * 1024)
      assert.strictEqual(yield* why("no.png"), "can't be read (ENOENT)")
      assert.strictEqual(yield* why("a.png"), "is no picture (PNG, JPEG, WebP, GIF, AVIF, SVG)")
      assert.strictEqual(yield* why("b.png"), "is larger than 50 MiB")
    }))
})
