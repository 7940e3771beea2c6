/**
 * The Typst source of invoices, statements and contracts: the house's letter (src/slip/letter-template.ts) without
 * seal and code. All text arrives as JSON in `sys.inputs` and is placed as text: nothing of it is read as markup.
 */
export const PAPER_TEMPLATE = String.raw`
#let d = json(bytes(sys.inputs.data))
#let ink = rgb("#1a1d1b")
#let soft = rgb("#4a514d")
#let line-ink = rgb("#b9c0bb")
#let green = rgb("#14532d")

#set document(title: d.documentTitle, author: d.issuer.en, keywords: d.keywords, date: auto)
#set text(font: "Noto Sans SC", fallback: false, size: 9pt, fill: ink, lang: "zh", region: "cn",
  number-width: "tabular")
#set par(leading: 0.6em, spacing: 0.8em)
#let zh(it) = text(lang: "zh", region: "cn", it)
#let en(it) = text(lang: "en", fill: soft, it)

#set page(paper: "a4", margin: (x: 19mm, top: 15mm, bottom: 17mm), footer-descent: 28%, footer: context {
  set text(size: 7.4pt, fill: soft)
  line(length: 100%, stroke: 0.4pt + line-ink)
  v(-0.35em)
  grid(columns: (1fr, auto), d.title.zh + " " + d.number + " · " + d.issuer.zh + " " + d.issuer.en,
    str(counter(page).get().first()) + " / " + str(counter(page).final().first()))
})

#show heading: set text(fill: ink)
#show heading.where(level: 1): set text(size: 21pt, weight: "bold")
#show heading.where(level: 2): it => block(above: 1.3em, below: 0.6em, sticky: true, {
  set text(size: 10pt, weight: "bold")
  it.body
})
#let both(it) = if type(it) == str { it } else if it.zh == it.en { zh(it.zh) } else {
  zh(it.zh) + linebreak() + text(size: 8pt, en(it.en))
}
#let in-line(it) = zh(it.zh) + h(0.5em) + en(it.en)
#let rule(weight, paint) = table.hline(stroke: weight + paint)

#let facts(b) = table(columns: (46mm, 1fr, 1fr), stroke: none, inset: (x: 0pt, top: 3.6pt, bottom: 3pt), column-gutter: 4mm,
  rule(0.4pt, line-ink),
  ..b.rows.map(r => if type(r.value) == str {
    (text(size: 8.2pt, in-line(r.label)), table.cell(colspan: 2, text(weight: "bold", r.value)), rule(0.4pt, line-ink))
  } else {
    (text(size: 8.2pt, in-line(r.label)), zh(r.value.zh), en(r.value.en), rule(0.4pt, line-ink))
  }).flatten())

#let data-table(b) = {
  set text(size: 8.6pt)
  let side(c) = if c.at("align", default: "left") == "right" { right } else { left }
  let width(c) = if c.width == "auto" { auto } else { 1fr }
  table(columns: b.columns.map(width), inset: (x: 0pt, y: 3.6pt), column-gutter: 4.5mm, stroke: none,
    align: b.columns.map(c => side(c) + top),
    rule(0.8pt, ink),
    table.header(..b.columns.map(c => text(size: 7.6pt, zh(c.label.zh) + linebreak() + en(c.label.en)))),
    rule(0.5pt, ink),
    ..b.rows.map(row => row.map(both) + (rule(0.4pt, line-ink),)).flatten())
}

#let totals(b) = align(right, table(columns: (auto, auto), stroke: none, inset: (x: 0pt, top: 3.6pt, bottom: 3pt),
  column-gutter: 8mm, align: (left, right),
  ..b.rows.map(r => {
    let weight = if r.strong { "bold" } else { "regular" }
    let above = if r.strong { (rule(0.8pt, ink),) } else { () }
    above + (text(weight: weight, in-line(r.label)), text(weight: weight, r.value))
  }).flatten()))

#let sides(b) = block(above: 0.5em, below: 1em, grid(columns: (1fr, 1fr), column-gutter: 7mm, zh(b.text.zh), en(b.text.en)))

// letterhead
#grid(columns: (1fr, auto), column-gutter: 8mm, align: (left + bottom, right + bottom),
  { text(size: 14pt, weight: "bold", zh(d.issuer.zh)); linebreak(); text(size: 10pt, en(d.issuer.en)) },
  { set text(size: 7.6pt)
    d.letterhead.join(linebreak()) })
#v(0.1em)
#line(length: 100%, stroke: 1.6pt + green)
#v(0.5em)

#heading(level: 1, zh(d.title.zh) + h(0.5em) + text(lang: "en", size: 13pt, weight: "regular", fill: soft, d.title.en))
#v(0.1em)
#text(size: 8.2pt, in-line(d.numberLabel))
#v(-0.45em)
#text(size: 19pt, weight: "bold", tracking: 0.04em, d.number)
#v(0.2em)

#for s in d.sections {
  if s.heading != none { heading(level: 2, zh(s.heading.zh) + h(0.7em) + text(lang: "en", weight: "regular", fill: soft, s.heading.en)) }
  for b in s.blocks {
    if b.kind == "facts" { facts(b) } else if b.kind == "totals" { totals(b) } else if b.kind == "sides" { sides(b) } else { data-table(b) }
  }
}
`
