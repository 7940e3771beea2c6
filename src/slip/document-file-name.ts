/**
 * What a slip or certificate is called wherever it is saved: on the portal, by the API, in a mail, in an export. The
 * number comes first, so that the papers of one closure stand together in a folder.
 */
export const documentFileName = (document: { number: string; kind: 'slip' | 'certificate' }): string =>
  `${document.number}-${document.kind}.pdf`

export const asDownload = (document: { number: string; kind: 'slip' | 'certificate' }): string =>
  `attachment; filename="${documentFileName(document)}"`
