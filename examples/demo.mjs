/**
 * npm run demo: a photograph and a fractal, made of scalar functions. The pictures go to out/. The table compares each step with
 * the loop one would write by hand (demo/loops.mjs), after comparing what both give.
 */
import baboon from 'baboon-image'
import { array, linspace, resident, vectorize } from 'lanewise'
import * as loops from './demo/loops.mjs'
import { bytes, column, writePng } from './demo/pictures.mjs'
import { printTable } from './demo/table.mjs'

// A gamma and a contrast for each channel, computed in float32 and stored as bytes.
const tone = vectorize(['u1(f4,f4,f4)'])((value, gamma, contrast) => {
  const level = (value / 255) ** gamma
  const curve = level * level * (3 - 2 * level)
  return 255 * (level + contrast * (curve - level)) + 0.5
})

// Darker towards the corners; x and y run over the picture from -1 to 1.
const vignette = vectorize(['u1(f4,f4,f4)'])((value, x, y) => value * (1 - 0.36 * (x * x + y * y)) + 0.5)

// Integers stay integers, as wide as the sum needs and no wider.
const luminance = vectorize(['u1(u1,u1,u1)'])((red, green, blue) => (54 * red + 183 * green + 19 * blue) >> 8)

const poster = vectorize(['u1(u1)'])((level) => {
  if (level < 70) return 24
  if (level < 125) return 120
  return 236
})

const mandelbrot = vectorize(['i4(f8,f8)'])((x, y) => {
  let re = 0
  let im = 0
  let steps = 0
  while (steps < 200 && re * re + im * im <= 4) {
    const next = re * re - im * im + x
    im = 2 * re * im + y
    re = next
    steps++
  }
  return steps
})

const colour = vectorize(['UniTuple(u1,3)(i4)'])((steps) => {
  const t = Math.sqrt(steps / 200)
  const s = 1 - t
  return [2295 * s * t * t * t, 3825 * s * s * t * t, 2167 * s * s * s * t]
})

// The photograph as npm's baboon-image gives it: bytes, shape [512, 512, 4], strides [4, 2048, 1]. Alpha is cut off by a view.
const photo = resident(baboon.hi(512, 512, 3))
const gamma = array([0.8, 0.9, 1.25], 'f4') // shape [3]: one for each channel
const contrast = array([0.7, 0.6, 0.4], 'f4')
const x = column(linspace(-1, 1, 512, 'f4'), 2) // shape [512, 1, 1]
const y = column(linspace(-1, 1, 512, 'f4'), 1) // shape [512, 1]

const toned = tone(photo, gamma, contrast)
const shaded = vignette(toned, x, y)
const channels = [0, 1, 2].map((channel) => shaded.pick(null, null, channel))
const grey = luminance(...channels)
const print = poster(grey)

// The fractal: two 1-d arrays broadcast to a plane, then one integer a pixel becomes three bytes.
const re = linspace(-2.5, 1.1, 960)
const im = linspace(-1.2, 1.2, 640)
const escaped = mandelbrot(column(re, 1), im)
const rgb = colour(escaped)

const pictures = { before: photo, after: shaded, luminance: grey, threshold: print, mandelbrot: rgb }
for (const [name, picture] of Object.entries(pictures)) writePng(`out/${name}.png`, picture)

await printTable([
  {
    name: 'gamma and tone curve, 3 channels',
    ufunc: tone,
    call: () => tone(photo, gamma, contrast, toned),
    result: toned,
    loop: loops.tone(bytes(photo), gamma.data, contrast.data),
  },
  {
    name: 'vignette, two 1-d arrays broadcast',
    ufunc: vignette,
    call: () => vignette(toned, x, y, shaded),
    result: shaded,
    loop: loops.vignette(bytes(toned), x.data, y.data),
  },
  {
    name: 'luminance of 3 strided channels',
    ufunc: luminance,
    call: () => luminance(...channels, grey),
    result: grey,
    loop: loops.luminance(bytes(shaded)),
  },
  {
    name: 'threshold with if',
    ufunc: poster,
    call: () => poster(grey, print),
    result: print,
    loop: loops.poster(bytes(grey)),
  },
  {
    name: 'Mandelbrot, at most 200 steps',
    ufunc: mandelbrot,
    call: () => mandelbrot(column(re, 1), im, escaped),
    result: escaped,
    loop: loops.mandelbrot(re.data, im.data),
  },
  {
    name: 'its colours, 3 results',
    ufunc: colour,
    call: () => colour(escaped, ...rgb),
    result: rgb,
    loop: loops.colour(bytes(escaped)),
  },
])
console.log(
  `pictures: ${Object.keys(pictures)
    .map((name) => `out/${name}.png`)
    .join(' ')}`,
)
