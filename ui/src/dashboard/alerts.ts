// A sound and a desktop notification when something fails or recovers, for who has asked for them.

import { load, save } from '../shared/saved.ts'
import type { Transition } from './transitions.ts'

export type Alert = 'sound' | 'notification'

let audio: AudioContext | undefined

export function isOn(alert: Alert): boolean {
  return load(`alert ${alert}`, false) && (alert === 'sound' || notificationsAllowed())
}

/** Whether it is on now: a browser may refuse notifications, and asks its user first. */
export async function turn(alert: Alert, on: boolean): Promise<boolean> {
  const allowed = !on || alert === 'sound' || (await askForNotifications())
  save(`alert ${alert}`, on && allowed)
  if (on && alert === 'sound') beep(880, 0.15)
  return on && allowed
}

export function alertTo(found: readonly Transition[]): void {
  const worst = found.some(({ kind }) => kind === 'failed') ? 'failed' : 'recovered'
  if (isOn('sound')) beep(worst === 'failed' ? 220 : 880, 0.4)
  if (isOn('notification')) {
    for (const { text, key } of found) new Notification(text, { tag: key })
  }
}

function notificationsAllowed(): boolean {
  return 'Notification' in window && Notification.permission === 'granted'
}

async function askForNotifications(): Promise<boolean> {
  return 'Notification' in window && (await Notification.requestPermission()) === 'granted'
}

function beep(hertz: number, seconds: number): void {
  audio ??= new AudioContext()
  const [tone, volume] = [audio.createOscillator(), audio.createGain()]
  tone.frequency.value = hertz
  volume.gain.setValueAtTime(0.2, audio.currentTime)
  volume.gain.exponentialRampToValueAtTime(0.001, audio.currentTime + seconds)
  tone.connect(volume).connect(audio.destination)
  tone.start()
  tone.stop(audio.currentTime + seconds)
}
