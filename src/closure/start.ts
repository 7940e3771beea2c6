import type { Declaration } from './declare.ts'

export const isStart = (text: string): text is Declaration['start'] =>
  text === 'after_undo_window' || text === 'at_once'
