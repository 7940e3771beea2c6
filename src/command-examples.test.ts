import type { Command } from 'commander'
import { expect, it } from 'vitest'
import { examples, leafCommands } from './command-examples.ts'
import { makeProgram } from './main.ts'

it('shows how each command is called, and each example can be called so', async () => {
  expect(
    leafCommands(makeProgram(() => async () => undefined))
      .map(({ name }) => name)
      .toSorted(),
  ).toEqual(Object.keys(examples).toSorted())
  for (const [name, lines] of Object.entries(examples))
    for (const line of lines) {
      let called = ''
      const program = makeProgram(() => async (...args: unknown[]) => {
        called = nameOf(args.at(-1) as Command)
      })
      for (const { command } of leafCommands(program)) command.exitOverride()
      await program.parseAsync(['node', ...words(line)])
      expect(called, line).toBe(name)
    }
})

it('shows them in the help of the command', () => {
  const program = makeProgram(() => async () => undefined)
  const shown = leafCommands(program).find(({ name }) => name === 'close')!.command
  let help = ''
  shown.configureOutput({ writeOut: (text) => void (help += text) }).outputHelp()
  expect(help).toContain('npx leb close --file leaving.txt')
})

const nameOf = (command: Command): string =>
  command.parent?.parent ? `${nameOf(command.parent)} ${command.name()}` : command.name()

/** As a shell would split it, without what it would do itself (settings before, redirections after). */
function words(line: string): string[] {
  const called = line.replace(/^(\w+=\S+ )+/, '').replace(/ (2>|>>?) \S+$/, '')
  return [...called.matchAll(/"([^"]*)"|(\S+)/g)].map(([, quoted, plain]) => quoted ?? plain!)
}
