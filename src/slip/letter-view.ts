import type { Both, DocumentContent } from './content.ts'

/** The blocks a letter is made of; the template knows these and nothing about closures. */
export type Cell = string | Both
export type Block =
  | { kind: 'facts'; rows: { label: Both; value: Cell }[] }
  | { kind: 'sides'; quote?: boolean; text: Both }
  | {
      kind: 'table'
      columns: { label: Both; width: 'auto' | '1fr' | '2fr'; align?: 'right' }[]
      rows: Cell[][]
    }
export type Section = { heading: Both; blocks: Block[] }

export type LetterView = {
  title: Both
  number: string
  numberLabel: Both
  lead: Both
  sections: Section[]
}

const t = (zh: string, en: string): Both => ({ zh, en })
export { t as both }

export const ACTS: Record<DocumentContent['act'], Both> = {
  terminate: t('注销（解除合同）', 'Close (terminate the contract)'),
  withdraw: t('撤回（无理由退订）', 'Withdraw from the contract'),
  refund: t('退还余额', 'Refund of the balance'),
  erase: t('删除个人信息', 'Erase personal data'),
}

export const COVERS: Record<DocumentContent['covers'], Both> = {
  card: t('下列卡', 'The card below'),
  account: t('账户及其全部卡', 'The account with all its cards'),
}

export const cardHeading = (count: number): Both => t('卡', count === 1 ? 'Card' : 'Cards')
