export type PlanLeft = { dataLeftMb: bigint; voiceLeftS: bigint; smsLeft: bigint }

/** What of a card's plan can still be used at `at`; null where there is nothing, or its days are over. */
export function planLeftOf(
  row: { expires_at: Date; data_left_mb: bigint; voice_left_s: bigint; sms_left: bigint },
  at: Date,
): PlanLeft | null {
  const some = row.data_left_mb > 0n || row.voice_left_s > 0n || row.sms_left > 0n
  if (!some || row.expires_at <= at) return null
  return { dataLeftMb: row.data_left_mb, voiceLeftS: row.voice_left_s, smsLeft: row.sms_left }
}
