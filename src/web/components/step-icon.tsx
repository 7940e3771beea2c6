/** A step's state as a sign that differs in form, not only in colour. */
export function StepIcon({ state }: { state: 'waiting' | 'current' | 'done' | 'blocked' }) {
  const box = {
    viewBox: '0 0 24 24',
    fill: 'none',
    stroke: 'currentColor',
    'stroke-width': '2.5',
    'aria-hidden': 'true',
  } as const
  if (state === 'done')
    return (
      <svg {...box}>
        <circle cx="12" cy="12" r="10.5" fill="currentColor" stroke="none" />
        <path d="m7 12.5 3.5 3.5L17 9" stroke="var(--color-paper)" />
      </svg>
    )
  if (state === 'blocked')
    return (
      <svg {...box}>
        <path d="M12 3 1.8 21h20.4z" stroke-linejoin="round" />
        <path d="M12 9.5v5M12 17v1.5" />
      </svg>
    )
  return (
    <svg {...box}>
      <circle
        cx="12"
        cy="12"
        r="9.5"
        stroke-dasharray={state === 'current' ? '42 18' : undefined}
        class="turn"
      />
      {state === 'current' && <circle cx="12" cy="12" r="3.5" fill="currentColor" stroke="none" />}
    </svg>
  )
}
