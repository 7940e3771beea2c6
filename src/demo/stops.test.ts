import { expect, it } from 'vitest'
import { openStops } from './stops.ts'

it('stops everything once, the last begun first, and goes on past one that fails', async () => {
  const stops = openStops()
  const heard: string[] = []
  const stop = (name: string) => async () => void heard.push(name)
  stops.add(stop('database'))
  stops.add(() => Promise.reject(new Error('gone already')))
  stops.add(stop('worker'))
  await stops.all()
  await stops.all()
  expect(heard).toEqual(['worker', 'database'])
})

it('stops at once what comes up after the end', async () => {
  const stops = openStops()
  await stops.all()
  const late = new Promise<string>((heard) => stops.add(async () => heard('late')))
  expect(await late).toBe('late')
})
