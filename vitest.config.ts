import { configDefaults, defineConfig } from 'vitest/config'

// A module put in another's place, and what a process counts, live as long as the process: these files get one each.
const alone = [
  'src/api/http-latency.test.ts',
  'src/order/guest-rules-change.test.ts',
  'src/platform/shared-buffers.test.ts',
]

export default defineConfig({
  oxc: { jsx: { runtime: 'automatic', importSource: 'hono/jsx' } },
  test: {
    globalSetup: ['test/postgres-for-tests.ts'],
    // Two cores: one file a core. Files share the template database, and a process the modules it has loaded:
    // loading them anew for each file was a quarter of the whole run.
    pool: 'forks',
    maxWorkers: 2,
    testTimeout: 60_000,
    hookTimeout: 60_000,
    // A slow machine is waited for; what never comes fails all the same.
    expect: { poll: { timeout: 20_000 } },
    reporters: ['default'],
    projects: [
      {
        extends: true,
        test: {
          name: 'together',
          isolate: false,
          include: ['src/**/*.test.{ts,tsx}', 'sim/**/*.test.ts', 'test/**/*.test.ts'],
          exclude: [...configDefaults.exclude, ...alone],
        },
      },
      { extends: true, test: { name: 'alone', isolate: true, include: alone } },
    ],
  },
})
