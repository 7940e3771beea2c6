export class TypesetError extends Error {
  constructor(details: string) {
    super(`The document could not be typeset: ${details}`)
    this.name = 'TypesetError'
  }
}
