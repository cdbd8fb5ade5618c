// A live chart of some numbers over time: uPlot, wrapped by hand.

import { useEffect, useRef } from 'react'
import UPlot from 'uplot'
import 'uplot/dist/uPlot.min.css'

export interface Line {
  label: string
  /** A custom property of the style sheet. */
  color: string
  values: readonly (number | null)[]
}

interface Props {
  title: string
  /** Seconds since 1970, ascending. */
  times: readonly number[]
  lines: readonly Line[]
  /** A fixed top, such as 100 of percents. */
  top?: number
  format: (value: number) => string
}

const HEIGHT = 150

export function Chart({ title, times, lines, top, format }: Props) {
  const box = useRef<HTMLDivElement>(null)
  const plot = useRef<UPlot>(null)
  const data = [times, ...lines.map(({ values }) => values)] as UPlot.AlignedData
  const latest = useRef(data)
  latest.current = data

  useEffect(() => {
    if (!box.current) return
    const style = getComputedStyle(box.current)
    const axis = { stroke: style.getPropertyValue('--muted'), grid: { stroke: style.getPropertyValue('--line') } }
    const chart = new UPlot({
      title, width: box.current.clientWidth, height: HEIGHT, legend: { live: true },
      scales: { y: { range: (_plot, _low, high) => [0, top ?? Math.max(high * 1.1, 1)] } },
      axes: [axis, { ...axis, size: 72, values: (_plot, ticks) => ticks.map(format) }],
      series: [{}, ...lines.map(({ label, color }) => ({
        label, stroke: style.getPropertyValue(color), width: 2, points: { show: false },
        value: (_plot: UPlot, value: number | null) => value === null ? '–' : format(value),
      }))],
    }, latest.current, box.current)
    plot.current = chart
    const observer = new ResizeObserver(([entry]) => entry && chart.setSize({ width: entry.contentRect.width, height: HEIGHT }))
    observer.observe(box.current)
    return () => {
      observer.disconnect()
      chart.destroy()
    }
  }, [title, top])
  useEffect(() => plot.current?.setData(latest.current))
  return <div className="chart" ref={box} role="img" aria-label={`${title}, the last quarter of an hour at most`} />
}
