/** Between arrays and pictures. A picture is [width, height], [width, height, 3], or a list of three channels. */
import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import ndarray from 'ndarray'
import { PNG } from 'pngjs'

/** A 1-d array with `ones` axes of size 1 after it, so that it broadcasts along them. */
export function column({ data, shape, stride, offset }, ones) {
  const more = new Array(ones).fill(1)
  return ndarray(data, [...shape, ...more], [...stride, ...more], offset)
}

const channelsOf = (picture) => {
  if (Array.isArray(picture)) return picture
  return picture.dimension === 2 ? [picture] : [0, 1, 2].map((channel) => picture.pick(null, null, channel))
}

/** The values of a picture, pixel after pixel along the rows. */
export function bytes(picture) {
  const channels = channelsOf(picture)
  const [width, height] = channels[0].shape
  const out = new channels[0].data.constructor(width * height * channels.length)
  let i = 0
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) for (const channel of channels) out[i++] = channel.get(x, y)
  }
  return out
}

export function writePng(file, picture) {
  const channels = channelsOf(picture)
  const [width, height] = channels[0].shape
  const png = new PNG({ width, height })
  const values = bytes(picture)
  for (let pixel = 0; pixel < width * height; pixel++) {
    for (let c = 0; c < 3; c++)
      png.data[4 * pixel + c] = values[pixel * channels.length + (c % channels.length)]
    png.data[4 * pixel + 3] = 255
  }
  mkdirSync(dirname(file), { recursive: true })
  writeFileSync(file, PNG.sync.write(png))
}
