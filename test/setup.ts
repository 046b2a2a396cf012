for (const name of Object.keys(process.env)) {
  if (/_API_KEY$|_BASE_URL$|^LOOM_/.test(name) && name !== "LOOM_TEST") delete process.env[name]
}
