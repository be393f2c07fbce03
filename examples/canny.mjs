/**
 * node examples/canny.mjs: the edges of a photograph, as Canny finds them, in four functions of whole pictures. The pictures go to
 * out/. Each function is a plain kernel on rows and columns, and takes a stack of pictures as it takes one.
 */
import baboon from 'baboon-image'
import { emptyLike, guvectorize, vectorize } from 'lanewise'
import { writePng } from './demo/pictures.mjs'

const luminance = vectorize('f4(u1,u1,u1)', (red, green, blue) => (54 * red + 183 * green + 19 * blue) / 256)

/** Smoothed by the weights along both axes, edges repeated. Between the two passes the picture is in an array of the kernel's own. */
export const blur = guvectorize('void(f4[:,:],f4[:],f4[:,:])', '(h,w),(k)->(h,w)', { env: { emptyLike } })(
  ({ emptyLike }) =>
    (a, weights, out) => {
      const [h, w] = a.shape
      const half = (weights.length - 1) >> 1
      const once = emptyLike(a)
      for (let y = 0; y < h; y++)
        for (let x = 0; x < w; x++) {
          let s = 0
          for (let k = 0; k < weights.length; k++)
            s += weights[k] * a[y][Math.min(Math.max(x + k - half, 0), w - 1)]
          once[y][x] = s
        }
      for (let y = 0; y < h; y++)
        for (let x = 0; x < w; x++) {
          let s = 0
          for (let k = 0; k < weights.length; k++)
            s += weights[k] * once[Math.min(Math.max(y + k - half, 0), h - 1)][x]
          out[y][x] = s
        }
    },
)

/** The derivatives along both axes; 0 at the border. */
export const sobel = guvectorize('void(f4[:,:],f4[:,:],f4[:,:])', '(h,w)->(h,w),(h,w)', (a, gx, gy) => {
  for (let y = 1; y < a.shape[0] - 1; y++)
    for (let x = 1; x < a.shape[1] - 1; x++) {
      const up = a[y - 1]
      const row = a[y]
      const down = a[y + 1]
      gx[y][x] = up[x + 1] - up[x - 1] + 2 * (row[x + 1] - row[x - 1]) + down[x + 1] - down[x - 1]
      gy[y][x] = down[x - 1] - up[x - 1] + 2 * (down[x] - up[x]) + down[x + 1] - up[x + 1]
    }
})

export const magnitude = vectorize('f4(f4,f4)', (gx, gy) => Math.sqrt(gx * gx + gy * gy))

/** What is a maximum across the edge it lies on; the rest is 0, and so is what lies beside the border, where there are no derivatives. */
export const thin = guvectorize(
  'void(f4[:,:],f4[:,:],f4[:,:],f4[:,:])',
  '(h,w),(h,w),(h,w)->(h,w)',
  (m, gx, gy, out) => {
    for (let y = 2; y < m.shape[0] - 2; y++)
      for (let x = 2; x < m.shape[1] - 2; x++) {
        const ax = Math.abs(gx[y][x])
        const ay = Math.abs(gy[y][x])
        const same = gx[y][x] * gy[y][x] > 0 ? 1 : -1
        const dx = ax > 0.4142 * ay ? 1 : 0
        const dy = ay > 0.4142 * ax ? (dx === 1 ? same : 1) : 0
        const here = m[y][x]
        if (here > m[y + dy][x + dx] && here >= m[y - dy][x - dx]) out[y][x] = here
      }
  },
)

/** Strong pixels, and weak ones that hang together with them: found with a stack, which is an array of the kernel's own. */
export const hysteresis = guvectorize(
  'void(f4[:,:],f4,f4,u1[:,:])',
  '(h,w),(),()->(h,w)',
  (m, low, high, out) => {
    const [h, w] = m.shape
    const stack = new Int32Array(h * w)
    for (let start = 0; start < h * w; start++) {
      const sy = Math.floor(start / w)
      if (m[sy][start % w] < high || out[sy][start % w] > 0) continue
      let count = 1
      stack[0] = start
      out[sy][start % w] = 255
      while (count > 0) {
        const at = stack[--count]
        for (let k = 0; k < 9; k++) {
          const y = Math.floor(at / w) + Math.floor(k / 3) - 1
          const x = (at % w) + (k % 3) - 1
          if (y < 0 || y >= h || x < 0 || x >= w) continue
          if (m[y][x] < low || out[y][x] > 0) continue
          out[y][x] = 255
          stack[count++] = y * w + x
        }
      }
    }
  },
)

/** All of it: a picture of floats to one of 0 and 255. */
export function canny(picture, low, high) {
  const weights = Float32Array.of(1 / 16, 4 / 16, 6 / 16, 4 / 16, 1 / 16)
  const [gx, gy] = sobel(blur(picture, weights))
  return hysteresis(thin(magnitude(gx, gy), gx, gy), low, high)
}

if (import.meta.url.endsWith(String(process.argv[1]).replaceAll('\\', '/'))) {
  const channels = [0, 1, 2].map((channel) => baboon.pick(null, null, channel))
  // The photograph is [width, height]; rows come first here.
  const grey = luminance(...channels).transpose(1, 0)
  writePng('out/canny.png', canny(grey, 60, 140).transpose(1, 0))
  writePng('out/blur.png', blur(grey, new Float32Array(31).fill(1 / 31)).transpose(1, 0))
  console.log('pictures: out/canny.png out/blur.png')
}
