/**
 * Keys where none belong: in files that are checked in, in what is told of them.
 */

/** How the keys of vendors and of secret managers begin, and other things that open doors. */
const marked =
  /\b(?:sk|pk|rk|gsk|xai|pplx|fw|hf|r8|tgp|nvapi|csk|ghp|gho|glpat|key)[-_][\w-]{12,}|\bgithub_pat_\w{12,}|\bAIza[\w-]{20,}|\b(?:AKIA|ASIA)[A-Z0-9]{12,}|\bABSK[\w+/=]{20,}|\bhv[sb]\.[\w-]{12,}|\bya29\.[\w-]{12,}|\beyJ[\w-]{8,}\.[\w-]{8,}|\b(?:Bearer|Basic) +\S{12,}|-----BEGIN [A-Z ]*PRIVATE KEY/i

/** Long, without a break, and of letters and digits: chance made it, and nobody names anything so. */
const random = /(?=[A-Za-z]*\d)(?=\d*[A-Za-z])[A-Za-z0-9+]{28,}/

const inAddress = /^[a-z][a-z0-9+.-]*:\/\/[^/?#]*@/i
const asParameter = /[?&](?:api[-_]?key|key|token|access_token|secret|sig|password)=[^&]/i

/** Whether a text holds what looks like a key. */
export const looksLikeKey = (text: string): boolean =>
  marked.test(text) || random.test(text) || inAddress.test(text) || asParameter.test(text)

/** Whether a name is that of a key's field: `apiKey`, `secret_id`, `password`. */
export const namesKey = (name: string): boolean =>
  /^(?:api|access|auth|secret|private|bearer)?[-_]?(?:key|token|secret|password|passwd|credentials?|secret[-_]?id|secret[-_]?access[-_]?key)$/i
    .test(name)
