import encodeQr from 'qr'

/** A QR code (ISO/IEC 18004, level M) as rows of modules, true for dark, with `border` light ones around. */
export function qrRows(text: string, border: number): boolean[][] {
  return encodeQr(text, 'raw', { ecc: 'medium', border })
}

/** As SVG, dark on nothing: a bar for each run of dark modules, so that it prints without hairlines. */
export function qrSvg(text: string, border: number): string {
  const rows = qrRows(text, border)
  const bars = rows.map((row, y) => {
    const runs = row
      .map((dark) => (dark ? '1' : '0'))
      .join('')
      .matchAll(/1+/g)
    return Array.from(runs, ({ index, 0: run }) => `M${index} ${y}h${run.length}v1h-${run.length}z`).join('')
  })
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${rows.length} ${rows.length}"><path shape-rendering="crispEdges" d="${bars.join('')}"/></svg>`
}
