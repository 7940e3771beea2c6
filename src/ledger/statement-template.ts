/** Typst source of a statement. All text comes as JSON in `sys.inputs` and is placed as text, never read as markup. */
export const STATEMENT_TEMPLATE = String.raw`
#let d = json(bytes(sys.inputs.data))
#let soft = rgb("#4a514d")
#let hair = rgb("#b9c0bb")
#set document(title: d.documentTitle, author: d.issuer, date: auto)
#set text(font: "Noto Sans SC", fallback: false, size: 9pt, fill: rgb("#1a1d1b"), number-width: "tabular",
  lang: d.lang, region: d.region)
#set page(paper: "a4", margin: (x: 19mm, top: 16mm, bottom: 16mm), footer: context {
  set text(size: 7.4pt, fill: soft)
  line(length: 100%, stroke: 0.4pt + hair)
  v(-0.35em)
  grid(columns: (1fr, auto), d.documentTitle,
    str(counter(page).get().first()) + " / " + str(counter(page).final().first()))
})
#show heading.where(level: 1): set text(size: 19pt, weight: "bold")
#show heading.where(level: 2): set text(size: 11pt, weight: "bold")

#text(size: 12pt, weight: "bold", d.issuer)
#v(-0.4em)
#line(length: 100%, stroke: 1.6pt + rgb("#14532d"))
#v(0.3em)
#heading(level: 1, d.title)
#v(0.2em)
#table(columns: (32mm, 1fr), stroke: none, inset: (x: 0pt, y: 2.6pt),
  ..d.facts.map(f => (text(fill: soft, f.label), text(weight: "bold", f.value))).flatten())
#text(fill: soft, d.note)
#v(0.3em)
#if d.rows.len() > 0 {
  table(columns: (auto, 1fr, auto, auto), stroke: none, inset: (x: 0pt, y: 3.6pt), column-gutter: 6mm,
    align: (left, left, right, right),
    table.hline(stroke: 0.8pt),
    table.header(..d.columns.map(c => text(size: 8pt, fill: soft, c))),
    table.hline(stroke: 0.5pt),
    ..d.rows.map(r => (..r, table.hline(stroke: 0.4pt + hair))).flatten())
}
#if d.ended.rows.len() > 0 {
  v(0.6em)
  heading(level: 2, d.ended.title)
  table(columns: (auto, 1fr), stroke: none, inset: (x: 0pt, y: 3.6pt), column-gutter: 6mm,
    table.hline(stroke: 0.5pt),
    ..d.ended.rows.map(r => (..r, table.hline(stroke: 0.4pt + hair))).flatten())
}
`
