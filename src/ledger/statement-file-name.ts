import type { Card } from '../card/card-store.ts'

/** Headers of a statement that is saved. The last four digits only: a file's name travels further than its content. */
export function statementHeaders(
  type: 'text/csv; charset=utf-8' | 'application/pdf',
  card: Card,
  period: string | undefined,
): Record<string, string> {
  const ending = type === 'application/pdf' ? 'pdf' : 'csv'
  const name = `statement-${card.iccid.slice(-4)}${period ? `-${period}` : ''}.${ending}`
  return {
    'Content-Type': type,
    'Content-Disposition': `attachment; filename="${name}"`,
    'Cache-Control': 'private, no-store',
  }
}
