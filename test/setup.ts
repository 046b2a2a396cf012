for (const name of Object.keys(process.env)) {
  if (/_API_KEY$|_BASE_URL$|^LOOM_(?!TEST$|LIVE_)/.test(name)) delete process.env[name]
}

// Whoever runs the tests may have a file of keys and a login of their own.
process.env["XDG_CONFIG_HOME"] = "/nowhere"
if (process.env["LOOM_LIVE_SECRETS"] === undefined) {
  for (const name of Object.keys(process.env)) {
    if (/^(VAULT|BAO|AWS|GOOGLE)_/.test(name) && name !== "AWS_CA_BUNDLE") delete process.env[name]
  }
  process.env["AWS_EC2_METADATA_DISABLED"] = "true"
  process.env["AWS_CONFIG_FILE"] = "/nowhere"
  process.env["AWS_SHARED_CREDENTIALS_FILE"] = "/nowhere"
}
