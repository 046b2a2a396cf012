import { assert, describe, it } from "@effect/vitest"
import { bearer, dollars, imaged, measured } from "../images/imaged.ts"

const zai = { provider: "zai", auth: bearer } as const

describe("images of Z.AI", () => {
  it.effect("come at once", () =>
    imaged(zai, function*({ amounts, post, send }) {
      const ask = (rest: object) => post("/images/generations", { model: "glm-image", prompt: "a red cube", ...rest })
      const { body } = yield* ask({ quality: "standard" })
      assert.strictEqual(measured((yield* send(body.data[0].url)).bytes), "png 1280x1280")
      assert.deepStrictEqual(body.content_filter, [{ role: "assistant", level: 3 }])
      yield* ask({ model: "cogview-4-250304", size: "512x1024" })
      assert.deepStrictEqual(yield* amounts, [dollars(0.015), dollars(0.01)])
    }))

  it.effect("or as a job", () =>
    imaged(zai, function*({ amounts, get, post, send }) {
      const ask = (prompt: string) => post("/async/images/generations", { model: "glm-image", prompt })
      const { body } = yield* ask("a red cube")
      assert.strictEqual(body.task_status, "PROCESSING")
      assert.strictEqual((yield* get(`/async-result/${body.id}`)).body.task_status, "PROCESSING")
      const { body: done } = yield* get(`/async-result/${body.id}`)
      assert.strictEqual(done.task_status, "SUCCESS")
      assert.strictEqual((yield* send(done.image_result[0].url)).status, 200)
      assert.strictEqual(done.image_result[0].url, (yield* get(`/async-result/${body.id}`)).body.image_result[0].url)
      for (const mark of ["[block input]", "[block output]", "[job fails]"]) {
        const { body } = yield* ask(`${mark} [polls: 0]`)
        assert.strictEqual((yield* get(`/async-result/${body.id}`)).body.task_status, "FAIL")
      }
      assert.deepStrictEqual(yield* amounts, [dollars(0.015)])
    }))

  it.effect("are refused by a code", () =>
    imaged(zai, function*({ get, post }) {
      const codeOf = function*(path: string, rest: object) {
        const { body, status } = yield* post(path, { model: "glm-image", prompt: "x", ...rest })
        return `${status} ${body.error.code}`
      }
      assert.strictEqual(yield* codeOf("/images/generations", { prompt: "[block input]" }), "400 1301")
      assert.strictEqual(yield* codeOf("/images/generations", { size: "1000x1000" }), "400 1210")
      assert.strictEqual(yield* codeOf("/images/generations", { n: 2 }), "400 1214")
      assert.strictEqual(yield* codeOf("/images/generations", { model: "glm-9" }), "400 1211")
      assert.strictEqual(yield* codeOf("/async/images/generations", { model: "cogview-4-250304" }), "400 1211")
      const { body } = yield* post("/images/generations", { model: "glm-image", prompt: "[block output]" })
      assert.deepStrictEqual([body.data, body.content_filter[0].level], [[], 0])
      assert.strictEqual((yield* get("/async-result/none")).status, 404)
    }))
})
