import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { createHash, createHmac } from "node:crypto"
import { secretKey } from "../../../src/sandbox/painters/Hunyuan.ts"
import { bearer, dollars, type Imaged, imaged, measured, ofBase64, picture } from "../images/imaged.ts"

const tokenHub = { provider: "hunyuan", auth: bearer } as const

const sha256 = (text: string) => createHash("sha256").update(text).digest("hex")
const hmac = (key: string | Buffer, text: string) => createHmac("sha256", key).update(text).digest()

interface Signing {
  readonly secret?: string
  readonly service?: string
  readonly late?: number
}

const versions: Record<string, string> = {
  SubmitTextToImageJob: "2022-12-29",
  QueryTextToImageJob: "2022-12-29",
  SubmitHunyuanImageJob: "2023-09-01",
  QueryHunyuanImageJob: "2023-09-01",
  TextToImageLite: "2023-09-01"
}

/** Calls an action of the cloud API, signed as its documents say. */
const caller =
  ({ sandbox, send }: Imaged) =>
  (action: string, content: object, { late = 0, secret = secretKey, service = "aiart" }: Signing = {}) =>
    Effect.suspend(() => {
      const body = JSON.stringify(content)
      const at = Date.now() - late
      const timestamp = String(Math.floor(at / 1000))
      const date = new Date(at).toISOString().slice(0, 10)
      const host = new URL(sandbox.url).host
      const canonical = [
        "POST",
        "/",
        "",
        "content-type:application/json",
        `host:${host}`,
        "",
        "content-type;host",
        sha256(body)
      ].join("\n")
      const scope = `${date}/${service}/tc3_request`
      const key = hmac(hmac(hmac(`TC3${secret}`, date), service), "tc3_request")
      const signature = hmac(key, ["TC3-HMAC-SHA256", timestamp, scope, sha256(canonical)].join("\n")).toString("hex")
      return Effect.map(
        send(`${sandbox.url}/hunyuan/cloud/`, {
          method: "POST",
          headers: {
            "content-type": "application/json",
            "x-tc-action": action,
            "x-tc-version": versions[action] ?? "2022-12-29",
            "x-tc-timestamp": timestamp,
            "x-tc-region": "ap-guangzhou",
            authorization:
              `TC3-HMAC-SHA256 Credential=secret-id/${scope}, SignedHeaders=content-type;host, Signature=${signature}`
          },
          body
        }),
        (reply) => {
          assert.strictEqual(reply.status, 200)
          return reply.body.Response
        }
      )
    })

describe("hunyuan over TokenHub", () => {
  it.effect("makes a picture at once", () =>
    imaged(tokenHub, function*({ amounts, post, send }) {
      const { body } = yield* post("/wand/hunyuan-image/v3-generation", {
        model: "hy-image-v3",
        prompt: "a red cube",
        size: "768x512",
        images: [picture().toString("base64")]
      })
      assert.strictEqual(measured((yield* send(body.data[0].url)).bytes), "png 768x512")
      const newer = yield* post("/wand/hunyuan-image/v35-generation", {
        model: "hy-image-v3.5-preview",
        messages: [{ role: "user", content: [{ type: "text", text: "a red cube" }] }],
        size: "2048x1024"
      })
      assert.strictEqual(measured((yield* send(newer.body.choices[0].delta.image.url)).bytes), "png 2048x1024")
      assert.deepStrictEqual(yield* amounts, [dollars(0.065), dollars(0.09)])
    }))

  it.effect("refuses what it doesn't take", () =>
    imaged(tokenHub, function*({ amounts, post }) {
      const refused = (rest: object) =>
        post("/wand/hunyuan-image/v3-generation", { model: "hy-image-v3", prompt: "x", ...rest })
      assert.strictEqual((yield* refused({ size: "2048x1024" })).status, 400)
      assert.strictEqual((yield* refused({ n: 2 })).status, 400)
      for (const prompt of ["[block input]", "[block output]"]) {
        const { body, status } = yield* refused({ prompt })
        assert.deepStrictEqual([status, body.error.code], [451, "451001"])
      }
      assert.deepStrictEqual(yield* amounts, [])
    }))
})

describe("hunyuan's cloud API", () => {
  it.effect("takes a signed job, one at a time", () =>
    imaged(tokenHub, function*(imaged) {
      const { amounts, send } = imaged
      const call = caller(imaged)
      const { JobId } = yield* call("SubmitTextToImageJob", { Prompt: "a red cube", Resolution: "1280:768" })
      const busy = yield* call("SubmitTextToImageJob", { Prompt: "x" })
      assert.strictEqual(busy.Error.Code, "RequestLimitExceeded.JobNumExceed")
      assert.strictEqual((yield* call("QueryTextToImageJob", { JobId })).JobStatusCode, "2")
      const done = yield* call("QueryTextToImageJob", { JobId })
      assert.deepInclude(done, { JobStatusCode: "5", ResultDetails: ["Success"] })
      assert.strictEqual(measured((yield* send(done.ResultImage[0])).bytes), "png 1280x768")
      const { JobId: second } = yield* call("SubmitHunyuanImageJob", { Prompt: "x [polls: 0]", Num: 2 }, {
        service: "hunyuan"
      })
      const both = yield* call("QueryHunyuanImageJob", { JobId: second }, { service: "hunyuan" })
      assert.strictEqual(both.ResultImage.length, 2)
      const lite = yield* call("TextToImageLite", { Prompt: "x" }, { service: "hunyuan" })
      assert.strictEqual(ofBase64(lite.ResultImage), "png 1024x1024")
      assert.deepStrictEqual(yield* amounts, [dollars(0.065), dollars(0.1), dollars(0.01)])
    }))

  it.effect("tells what was stopped in the job", () =>
    imaged(tokenHub, function*(imaged) {
      const call = caller(imaged)
      const codeOf = function*(prompt: string) {
        const { JobId } = yield* call("SubmitTextToImageJob", { Prompt: `${prompt} [polls: 0]` })
        const failed = yield* call("QueryTextToImageJob", { JobId })
        assert.strictEqual(failed.JobStatusCode, "4")
        return failed.JobErrorCode
      }
      assert.strictEqual(yield* codeOf("[block input]"), "OperationDenied.TextIllegalDetected")
      assert.strictEqual(yield* codeOf("[block output]"), "OperationDenied.ImageIllegalDetected")
      assert.strictEqual(yield* codeOf("[job fails]"), "FailedOperation.GenerateImageFailed")
      assert.deepStrictEqual(yield* imaged.amounts, [])
    }))

  it.effect("refuses a signature that doesn't hold, with status 200", () =>
    imaged(tokenHub, function*(imaged) {
      const call = caller(imaged)
      const codeOf = function*(signing: Signing, content: object = { Prompt: "x" }) {
        const { Error, RequestId } = yield* call("SubmitTextToImageJob", content, signing)
        assert.isNotEmpty(RequestId)
        return Error.Code
      }
      assert.strictEqual(yield* codeOf({ secret: "another" }), "AuthFailure.SignatureFailure")
      assert.strictEqual(yield* codeOf({ service: "cvm" }), "AuthFailure.SignatureFailure")
      assert.strictEqual(yield* codeOf({ late: 600_000 }), "AuthFailure.SignatureExpire")
      assert.strictEqual(yield* codeOf({}, { Prompt: "x", Num: 2 }), "InvalidParameter")
      assert.strictEqual(yield* codeOf({}, { Prompt: "" }), "InvalidParameterValue")
      assert.strictEqual(
        yield* codeOf({}, { Prompt: "x", Resolution: "1000:1000" }),
        "InvalidParameterValue.Resolution"
      )
      const unsigned = yield* imaged.post(`${imaged.sandbox.url}/hunyuan/cloud/`, {})
      assert.strictEqual(unsigned.body.Response.Error.Code, "AuthFailure.SignatureFailure")
    }))
})
