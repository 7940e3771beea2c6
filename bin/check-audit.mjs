// Known vulnerabilities of what is shipped, high and above. Where the registry in use has no advisory service the
// question can't be asked; that is said, and does not count as an answer.
import { spawnSync } from 'node:child_process'

const { stdout, stderr } = spawnSync('npm', ['audit', '--omit=dev', '--audit-level=high', '--json'], {
  encoding: 'utf8',
})
let report
try {
  report = JSON.parse(stdout)
} catch {
  report = {}
}
const counts = report.metadata?.vulnerabilities
if (!counts) {
  const why = (report.message ?? report.error?.summary ?? stderr ?? '').split('\n')[0]
  console.log(
    `NOT CHECKED: the registry gave no advisories (${why.replace(/https?:\/\/\S+/g, 'its address')})`,
  )
  process.exit(0)
}
const bad = (counts.high ?? 0) + (counts.critical ?? 0)
console.log(`advisories: ${JSON.stringify(counts)}`)
if (bad > 0) {
  for (const [name, found] of Object.entries(report.vulnerabilities ?? {}))
    console.error(`${name}: ${found.severity}`)
  process.exit(1)
}
