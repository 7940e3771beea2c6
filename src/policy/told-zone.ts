import { policyFor } from './policy.ts'

/**
 * By whose clock a person is told a time, on every page, in every mail and in what the API says in words:
 *
 * - what is of an account, its cards, orders, statements and papers: by the law's of where its holder lives (an order
 *   pins where its buyer lived);
 * - what is of a closure: by the one it was declared in, which pages and mails take from the same law (`closure.zone`);
 * - where no account is known or may be told yet (shop, sign-in, declaring without signing in): by the law's of the
 *   issuer (`page.zone`).
 *
 * Deadlines end with a day of that law, so that a day told by another clock could be the next one; those of a closure
 * under the law of no land end with a day of its own zone (counted-in.ts). A document itself (slip, contract, invoice)
 * prints its own zone beside each moment.
 *
 * @param jurisdiction ISO 3166-1 alpha-2
 * @returns IANA zone
 */
export function toldZone(jurisdiction: string, now: Date): string {
  return policyFor(jurisdiction, now).time_zone
}
