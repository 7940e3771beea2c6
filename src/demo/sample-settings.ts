import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Config } from '../platform/env.ts'
import { SetupError } from '../platform/errors.ts'

/** What the simulated provider signs its webhooks with. */
export const sampleWebhookSecret = 'whsec_sample'

/** The variables that the sample issuers' settings name. They open nothing: the simulated provider takes any key. */
export const sampleSecrets = {
  LEB_SAMPLE_STRIPE_KEY: 'sk_test_sample',
  LEB_SAMPLE_STRIPE_WEBHOOK_SECRET: sampleWebhookSecret,
}

/**
 * Leaves a file that a shell reads (`. FILE`), so that commands typed in another terminal meet this demo: its folder, its
 * address, and the sample secrets. Nothing of the caller's own environment that is a secret stands in it: a database that
 * the demo was given must be named there again, and one that stands there though the demo had its own is let go, so that
 * none of these commands meets another installation. Answers its path.
 */
export async function leaveSettings({ dataDir, keysDir, publicUrl, databaseUrl }: Config): Promise<string> {
  const file = join(dataDir, 'demo.env')
  const settings = { LEB_DATA: dataDir, LEB_KEYS: keysDir, LEB_PUBLIC_URL: publicUrl, ...sampleSecrets }
  const lines = Object.entries(settings).map(([name, value]) => `export ${name}=${forShell(value)}\n`)
  const words =
    '# The demo’s settings, for commands in another terminal. All of it is made up; nothing here is a secret.\n'
  const database = databaseUrl
    ? ': "${DATABASE_URL:?set it to the database that the demo was given}"\n'
    : 'unset DATABASE_URL\n'
  await writeFile(file, `${words}${database}${lines.join('')}`).catch((error: NodeJS.ErrnoException) => {
    throw new SetupError(`${file} can't be written (${error.code})`)
  })
  return file
}

/** As one word of a shell's line. */
export const forShell = (text: string): string =>
  /^[\w./:@%+=-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`
