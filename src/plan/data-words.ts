/** `3 GB`, `1.5 GB`, `512 MB`: what was sold as gigabytes is called so wherever it is seen. */
export function dataWords(mb: number): string {
  return mb >= 1024 && mb % 512 === 0 ? `${mb / 1024} GB` : `${mb} MB`
}
