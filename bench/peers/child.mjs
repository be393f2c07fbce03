/** A peer in a process of its own: one line out, one line back, so that the caller decides whose turn it is. */
import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'

/** Starts a peer. `ask` sends one line (text as it is, anything else as JSON) and resolves to the answer; it rejects when the peer fails or dies. */
export function startPeer(command, args, env = {}) {
  const child = spawn(command, args, { stdio: ['pipe', 'pipe', 'pipe'], env: { ...process.env, ...env } })
  const waiting = []
  let complaint = ''
  child.stderr.on('data', (text) => {
    complaint = (complaint + text).slice(-2000)
  })
  createInterface({ input: child.stdout }).on('line', (line) => waiting.shift()?.resolve(JSON.parse(line)))
  const fail = (reason) => {
    for (const { reject } of waiting.splice(0)) reject(new Error(`${command}: ${reason} ${complaint}`.trim()))
  }
  child.on('error', (error) => fail(error.message))
  child.on('exit', (code) => fail(`ended with ${code}`))
  child.stdin.on('error', () => {})
  return {
    async ask(message) {
      const answer = await new Promise((resolve, reject) => {
        waiting.push({ resolve, reject })
        child.stdin.write(`${typeof message === 'string' ? message : JSON.stringify(message)}\n`)
      })
      if (answer?.error) throw new Error(answer.error)
      return answer
    },
    stop: () => child.stdin.end(),
  }
}
