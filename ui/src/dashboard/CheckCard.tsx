// One check: its status, how fast it answers, and its last results as bars.

import { memo } from 'react'
import type { Check } from '../board/vitals.ts'
import { Age } from './Age.tsx'
import { checkWord, Mark } from './Mark.tsx'
import { latency } from './numbers.ts'
import { checkStatus } from './select.ts'
import { UptimeBars } from './UptimeBars.tsx'

const SOON_DAYS = 21 // a certificate that ends before is named

export const CheckCard = memo(function CheckCard({ check }: { check: Check }) {
  const { check: name, target, error, status, since, days_left } = check
  const seconds = check.latency
  return (
    <article className="card check" data-status={checkStatus(check)}>
      <header className="check-head">
        <h3>{name}</h3>
        <Mark status={checkStatus(check)} word={checkWord(check)} />
      </header>
      <p className="muted target" title={target}>{target}</p>
      <UptimeBars results={check.results} />
      <footer className="muted">
        {seconds !== undefined && <span>{latency(seconds)}</span>}
        {since && <span>{status} since <Age at={since} /></span>}
        {days_left !== undefined && days_left < SOON_DAYS && <span className="because">certificate: {days_left} days</span>}
      </footer>
      {error && <p className="because">{error}</p>}
    </article>
  )
})
