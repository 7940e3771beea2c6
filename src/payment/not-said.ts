/** The provider could not say how it stands: the queue asks again, ever later. */
export class NotSaid extends Error {
  override readonly name = 'NotSaid'
}
