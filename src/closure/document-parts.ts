import type { Issuer } from '../issuer/issuer.ts'
import type { Wording } from '../platform/errors.ts'
import type { Context } from '../platform/context.ts'
import { retentions } from '../policy/clocks.ts'
import type { Policy } from '../policy/policy-schema.ts'
import type { Both } from '../slip/content.ts'

/** Parts that slip and certificate share. */

export const both = (words: Wording): Both => ({ zh: words['zh-CN'], en: words.en })

export function issuerPart(issuer: Issuer) {
  const { brand } = issuer
  return {
    id: issuer.issuerId,
    name: both(issuer.name),
    address: { zh: brand.address, en: brand.address },
    support: [brand.supportEmail, brand.supportPhone].filter(Boolean).join(' · '),
    channels: brand.channels.map((channel) => channel.value),
  }
}

export function keptPart(policy: Policy, closedAt: Date) {
  return retentions(policy, closedAt).map((rule) => ({
    what: both(rule.what),
    ground: {
      zh: `${rule.ground['zh-CN']}（${rule.basis}${rule.verified ? '' : '，待法务核实'}）`,
      en: `${rule.ground.en} (${rule.basis}${rule.verified ? '' : ', not yet confirmed by counsel'})`,
    },
    until: rule.until,
  }))
}

export function verifyUrl(ctx: Context, token: string): string {
  return `${ctx.config.publicUrl}/v/${token}`
}
