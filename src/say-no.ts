import type { Command } from 'commander'
import type { AnsweredNo } from './platform/errors.ts'

/**
 * Says that a command's answer is no: with --json one object on stdout, of what was asked by the names that `--help`
 * gives its arguments; otherwise a sentence on stderr, so that nobody takes it for what they asked for.
 */
export function sayNo({ reason, message }: AnsweredNo, command: Command): void {
  if (!command.opts<{ json?: boolean }>().json) {
    process.stderr.write(`leb: ${message}\n`)
    return
  }
  const asked = Object.fromEntries(
    command.registeredArguments.map((one, at) => [one.name(), command.args[at]]),
  )
  process.stdout.write(`${JSON.stringify({ answer: 'no', ...asked, reason, problem: message })}\n`)
}
