/** What a holder can do about a card that ends; the mail's buttons and the page's sections. */
export const choices = ['use', 'extend', 'close'] as const
export type Choice = (typeof choices)[number]

/** Address of the page where the buttons lead, below the issuer's own. Names the card, signs nobody in. */
export function expiryPath(cardId: string, choice?: Choice): string {
  return `/cards/${cardId}/expiry${choice ? `?do=${choice}` : ''}`
}
