/** Pages on a server of our own: as Vite develops them, as it builds them, and files as they are. */
import { createReadStream, existsSync } from 'node:fs'
import { createServer as createHttpServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { extname, join } from 'node:path'
import type { Browser } from 'playwright-core'
import { build, createServer, type InlineConfig, preview } from 'vite'

export interface Served {
  readonly url: string
  close(): Promise<unknown>
}

export type Headers = Readonly<Record<string, string>>

export const siteConfig = (folder: string): InlineConfig => ({
  root: folder,
  configFile: false,
  logLevel: 'error',
  clearScreen: false,
  cacheDir: join(folder, '.vite'),
})

const first = (urls: { local: readonly string[] } | null): string => {
  const url = urls?.local[0]
  if (!url) throw new Error('the server has no address')
  return url
}

export async function develop(folder: string, headers: Headers): Promise<Served> {
  const server = await createServer({
    ...siteConfig(folder),
    server: { host: '127.0.0.1', port: 0, headers: { ...headers } },
  })
  await server.listen()
  return { url: first(server.resolvedUrls), close: () => server.close() }
}

export async function built(folder: string, headers: Headers): Promise<Served> {
  await build(siteConfig(folder))
  const server = await preview({
    ...siteConfig(folder),
    preview: { host: '127.0.0.1', port: 0, headers: { ...headers } },
  })
  return { url: first(server.resolvedUrls), close: () => server.close() }
}

const types: Headers = { '.html': 'text/html', '.js': 'text/javascript', '.wasm': 'application/wasm' }

/** The files of a folder. */
export async function files(folder: string, headers: Headers): Promise<Served> {
  const server = createHttpServer((request, response) => {
    const path = new URL(request.url ?? '/', 'http://localhost').pathname
    const file = join(folder, path === '/' ? 'index.html' : path)
    if (!existsSync(file)) {
      response.writeHead(404).end()
      return
    }
    response.writeHead(200, {
      ...headers,
      'Content-Type': types[extname(file)] ?? 'application/octet-stream',
    })
    createReadStream(file).pipe(response)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}/`,
    close: () =>
      new Promise((resolve) => {
        server.close(resolve)
        server.closeAllConnections()
      }),
  }
}

/** What a page leaves in `outcome`; a text there is an error. */
export async function outcomeOf<O extends object>(browser: Browser, url: string): Promise<O> {
  const page = await browser.newPage()
  const said: string[] = []
  page.on('console', (message) => said.push(`${message.type()}: ${message.text()}`))
  page.on('pageerror', (error) => said.push(`error: ${error.message}`))
  try {
    await page.goto(url)
    // Not waitForFunction: that evaluates text in the page, which the policy forbids.
    await page.waitForSelector('body[data-done]', { state: 'attached', timeout: 90_000 })
    const outcome = await page.evaluate<O | string>('globalThis.outcome')
    if (typeof outcome === 'string') throw new Error(outcome)
    return outcome
  } catch (error) {
    throw new Error(`${error instanceof Error ? error.message : error}\nthe page said:\n${said.join('\n')}`)
  } finally {
    await page.close()
  }
}
