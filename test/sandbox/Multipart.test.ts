import { assert, describe, it } from "@effect/vitest"
import { Effect, Schema } from "effect"
import * as Disk from "../../src/sandbox/Disk.ts"
import * as Multipart from "../../src/sandbox/Multipart.ts"

const withDisk = <A>(run: (disk: Disk.Disk) => Promise<A>) =>
  Effect.acquireUseRelease(
    Effect.sync(Disk.make),
    (disk) => Effect.promise(() => run(disk)),
    (disk) => Effect.sync(disk.clear)
  )

/** The bytes, cut into pieces of these sizes. */
const cut = async function*(bytes: Buffer, sizes: ReadonlyArray<number>) {
  for (let at = 0, n = 0; at < bytes.length; n++) {
    const size = sizes.length === 0 ? bytes.length : 1 + (sizes[n % sizes.length] ?? 0)
    yield bytes.subarray(at, at + size)
    at += size
  }
}

const text = async (file: Disk.File | undefined) => {
  const chunks: Array<Buffer> = []
  for await (const chunk of file?.read() ?? []) chunks.push(chunk)
  return Buffer.concat(chunks).toString()
}

const encoded = (form: FormData) =>
  Effect.promise(async () => {
    const request = new Request("http://sandbox", { method: "POST", body: form })
    return {
      boundary: Multipart.boundaryOf(request.headers.get("content-type") ?? "") ?? "",
      bytes: Buffer.from(await request.arrayBuffer())
    }
  })

const form = (read: Multipart.Form | string): Multipart.Form => {
  if (typeof read === "string") throw new Error(read)
  return read
}

describe("forms", () => {
  it.effect.prop(
    "are read alike however their bytes come",
    [Schema.String, Schema.String, Schema.Array(Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 40 })))],
    ([field, content, sizes]) =>
      Effect.gen(function*() {
        const form = new FormData()
        form.append("purpose", field)
        form.append("file", new Blob([content, "\r\n--", content]), "rows.jsonl")
        form.append("last", "")
        const { boundary, bytes } = yield* encoded(form)
        yield* withDisk(async (disk) => {
          const read = await Multipart.read(cut(bytes, sizes), { boundary, disk, limit: 1_000_000 })
          if (typeof read === "string") throw new Error(read)
          assert.deepStrictEqual(read.map(({ name }) => name), ["purpose", "file", "last"])
          // As forms are encoded: line ends are CR LF, and a lone surrogate is replaced.
          assert.strictEqual(
            Multipart.fieldIn(read, "purpose"),
            Buffer.from(field.replace(/\r\n?|\n/g, "\r\n")).toString()
          )
          assert.strictEqual(read[1]?.filename, "rows.jsonl")
          assert.strictEqual(await text(read[1]?.content), Buffer.from(`${content}\r\n--${content}`).toString())
          assert.strictEqual(Multipart.fieldIn(read, "last"), "")
          const held = await Multipart.read(cut(bytes, sizes), { boundary, disk: undefined, limit: 1_000_000 })
          assert.strictEqual(held[1] instanceof Object && held[1].bytes.toString(), await text(read[1]?.content))
        })
      })
  )

  it.effect("are refused when they are cut short, have no name, or are too large", () =>
    withDisk(async (disk) => {
      const read = (body: string, limit = 1000) =>
        Multipart.read(cut(Buffer.from(body), []), { boundary: "b", disk, limit })
      const whole = "--b\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\nhello\r\n--b--\r\n"
      assert.deepStrictEqual(Multipart.summary(form(await read(whole))), { a: "hello" })
      assert.strictEqual(await read(whole.slice(0, -4)), "malformed")
      assert.strictEqual(await read(whole.replace("name=", "nome=")), "malformed")
      assert.strictEqual(await read("hello"), "malformed")
      assert.strictEqual(await read(whole, 20), "too large")
    }))
})
