/**
 * The Typst source of every sealed letter. Kept as a string so that one bundled file carries it.
 * All text arrives as JSON in `sys.inputs` and is placed as text: nothing of it is ever read as markup.
 */
export const LETTER_TEMPLATE = String.raw`
#let d = json(bytes(sys.inputs.data))
#let ink = rgb("#1a1d1b")
#let soft = rgb("#4a514d")
#let line-ink = rgb("#b9c0bb")
#let green = rgb("#14532d")

#set text(font: "Noto Sans SC", fallback: false, size: 8.7pt, fill: ink, lang: "zh", region: "cn",
  number-width: "tabular")
#set par(leading: 0.58em, spacing: 0.75em)
#let zh(it) = text(lang: "zh", region: "cn", it)
#let en(it) = text(lang: "en", fill: soft, it)

#set page(paper: "a4", margin: (x: 19mm, top: 11mm, bottom: 13mm), footer-descent: 28%, footer: context {
  set text(size: 7.4pt, fill: soft)
  line(length: 100%, stroke: 0.4pt + line-ink)
  v(-0.35em)
  grid(columns: (1fr, auto), query(<footer>).first().value,
    str(counter(page).get().first()) + " / " + str(counter(page).final().first()))
})

#show heading: set text(fill: ink)
#show heading.where(level: 1): set text(size: 21pt, weight: "bold")
#show heading.where(level: 2): it => block(above: 0.85em, below: 0.5em, sticky: true, {
  set text(size: 10pt, weight: "bold")
  it.body
})
#let bilingual-heading(it) = heading(level: 2, zh(it.zh) + h(0.7em) + text(lang: "en", weight: "regular", fill: soft, it.en))

#let cell(it) = if type(it) == str { it } else if it.zh == it.en { zh(it.zh) } else {
  zh(it.zh) + linebreak() + text(size: 8pt, en(it.en))
}
#let label-cell(it) = text(size: 8.2pt, zh(it.zh) + h(0.5em) + en(it.en))

#let rule(weight, paint) = table.hline(stroke: weight + paint)

#let facts(b) = table(columns: (41mm, 1fr, 1fr), stroke: none, inset: (x: 0pt, top: 2.7pt, bottom: 1.9pt), column-gutter: 4mm,
  rule(0.4pt, line-ink),
  ..b.rows.map(r => if type(r.value) == str {
    (label-cell(r.label), table.cell(colspan: 2, text(weight: "bold", r.value)), rule(0.4pt, line-ink))
  } else {
    (label-cell(r.label), zh(r.value.zh), en(r.value.en), rule(0.4pt, line-ink))
  }).flatten())

#let sides(b) = {
  let body = grid(columns: (1fr, 1fr), column-gutter: 7mm, zh(b.text.zh), en(b.text.en))
  if b.at("quote", default: false) {
    block(width: 100%, inset: (left: 9pt, y: 4pt), stroke: (left: 2.2pt + green), above: 0.9em, body)
  } else { body }
}

#let data-table(b) = {
  set text(size: 8.4pt)
  let width(w) = if w == "auto" { auto } else if w == "2fr" { 2fr } else { 1fr }
  let side(c) = if c.at("align", default: "left") == "right" { right } else { left }
  table(columns: b.columns.map(c => width(c.width)), inset: (x: 0pt, y: 3.3pt), column-gutter: 5mm, stroke: none,
    align: b.columns.map(c => side(c) + top),
    rule(0.8pt, ink),
    table.header(..b.columns.map(c => text(size: 7.6pt, zh(c.label.zh) + h(0.4em) + en(c.label.en)))),
    rule(0.5pt, ink),
    ..b.rows.map(row => row.map(cell) + (rule(0.4pt, line-ink),)).flatten())
}

#metadata(d.title.zh + " " + d.number + " · " + d.issuer.name.zh + " " + d.issuer.name.en) <footer>

// letterhead
#grid(columns: (1fr, auto), column-gutter: 8mm, align: (left + bottom, right + bottom),
  { text(size: 14pt, weight: "bold", zh(d.issuer.name.zh)); linebreak(); text(size: 10pt, en(d.issuer.name.en)) },
  { set text(size: 7.6pt)
    zh(d.issuer.address.zh); linebreak()
    if d.issuer.address.en != d.issuer.address.zh { en(d.issuer.address.en); linebreak() }
    en(d.issuer.support) })
#v(-0.3em)
#line(length: 100%, stroke: 1.6pt + green)
#v(0.2em)

// title, number, code
#grid(columns: (1fr, 29mm), column-gutter: 8mm, {
  heading(level: 1, zh(d.title.zh) + h(0.5em) + text(lang: "en", size: 13pt, weight: "regular", fill: soft, d.title.en))
  v(0.1em)
  label-cell(d.numberLabel)
  v(-0.45em)
  text(size: 19pt, weight: "bold", tracking: 0.04em, d.number)
  v(-0.1em)
  zh(d.lead.zh)
  linebreak()
  en(d.lead.en)
}, {
  image(bytes(d.qr), format: "svg", width: 29mm, alt: d.qrAlt)
  v(-0.5em)
  align(center, text(size: 7.2pt, zh("扫码核验") + " " + en("Scan to check")))
})

#for s in d.sections {
  bilingual-heading(s.heading)
  for b in s.blocks {
    if b.kind == "facts" { facts(b) } else if b.kind == "sides" { sides(b) } else { data-table(b) }
  }
}

// seal line
#block(width: 100%, above: 1em, breakable: false, inset: 7pt, stroke: 0.8pt + ink, {
  set text(size: 8pt)
  grid(columns: (1fr, 1fr), column-gutter: 7mm,
    { text(weight: "bold", zh(d.seal.heading.zh)); linebreak(); zh(d.seal.text.zh) },
    { text(weight: "bold", en(d.seal.heading.en)); linebreak(); en(d.seal.text.en) })
  v(0.1em)
  set text(size: 7.4pt, fill: soft)
  d.verifyUrl
  linebreak()
  "内容 Content SHA-256 " + d.fingerprint
  linebreak()
  d.rules
})
#set document(title: d.documentTitle, author: d.issuer.name.en, keywords: d.keywords, date: auto)
#metadata(none)
`
