/**
 * One line of a bank's statement, in LEB's words. Names and account numbers of payers and payees are not read: money
 * is matched by what was written on the transfer, and nothing else of it is any of our business.
 */
export type StatementLine = {
  /** Where it stood in the file; the header is 1 unless lines before it were skipped. */
  line: number
  /** YYYY-MM-DD. */
  bookedOn: string
  /** Minor units by ISO 4217; below 0 went out. Never 0. */
  amount: bigint
  currency: string
  /** What the payer wrote; personal perhaps, so it is searched and not kept. */
  text: string
  /** The name we gave a transfer of our own, as the bank repeats it. */
  endToEndId: string | undefined
  /** What the line is recognised by when it comes again; keyed and hashed before it is kept. */
  identity: string
}

/** Why a line can't be read. The codes are stable, the words are for whoever mends the file or its settings. */
export const lineFaults = {
  missing_columns: 'the line has fewer columns than the header',
  too_many_columns: 'the line has more columns than the header',
  bad_date: 'the day is not written as providers.bankStatement.date says, or is no day of the calendar',
  bad_amount: 'the amount is not a plain number as providers.bankStatement says (decimal, thousands)',
  amount_digits: 'the amount has more decimals than its currency',
  amount_too_large: 'the amount is larger than any account can hold',
  amount_zero: 'the amount is 0',
  amount_twice: 'credit and debit are both filled in, or neither is',
  unknown_currency: 'the currency is not a code of ISO 4217',
} as const
export type LineFault = keyof typeof lineFaults
export type FaultyLine = { line: number; faults: LineFault[]; original: string[] }

/** A vendor reads one kind of file, in a stream; what it can't read it says, line by line. */
export type StatementReader = (file: string) => AsyncIterable<StatementLine | FaultyLine>
