/**
 * The demo's steps as one writes them by hand: flat indices, one pass, results in an array made once. Each function takes the
 * inputs, pixel after pixel along the rows, and gives a function that computes and returns the result.
 */

export function tone(pixels, gamma, contrast) {
  const out = new Uint8Array(pixels.length)
  return () => {
    for (let i = 0; i < out.length; i += 3) {
      for (let c = 0; c < 3; c++) {
        const level = (pixels[i + c] / 255) ** gamma[c]
        const curve = level * level * (3 - 2 * level)
        out[i + c] = 255 * (level + contrast[c] * (curve - level)) + 0.5
      }
    }
    return out
  }
}

export function vignette(pixels, x, y) {
  const out = new Uint8Array(pixels.length)
  return () => {
    let i = 0
    for (let row = 0; row < y.length; row++) {
      for (let column = 0; column < x.length; column++) {
        const light = 1 - 0.36 * (x[column] * x[column] + y[row] * y[row])
        for (let c = 0; c < 3; c++, i++) out[i] = pixels[i] * light + 0.5
      }
    }
    return out
  }
}

export function luminance(pixels) {
  const out = new Uint8Array(pixels.length / 3)
  return () => {
    for (let i = 0; i < out.length; i++) {
      out[i] = (54 * pixels[3 * i] + 183 * pixels[3 * i + 1] + 19 * pixels[3 * i + 2]) >> 8
    }
    return out
  }
}

export function poster(levels) {
  const out = new Uint8Array(levels.length)
  return () => {
    for (let i = 0; i < out.length; i++) out[i] = levels[i] < 70 ? 24 : levels[i] < 125 ? 120 : 236
    return out
  }
}

export function mandelbrot(x, y) {
  const out = new Int32Array(x.length * y.length)
  return () => {
    let i = 0
    for (let row = 0; row < y.length; row++) {
      for (let column = 0; column < x.length; column++, i++) {
        let re = 0
        let im = 0
        let steps = 0
        while (steps < 200 && re * re + im * im <= 4) {
          const next = re * re - im * im + x[column]
          im = 2 * re * im + y[row]
          re = next
          steps++
        }
        out[i] = steps
      }
    }
    return out
  }
}

export function colour(steps) {
  const out = new Uint8Array(3 * steps.length)
  return () => {
    for (let i = 0; i < steps.length; i++) {
      const t = Math.sqrt(steps[i] / 200)
      const s = 1 - t
      out[3 * i] = 2295 * s * t * t * t
      out[3 * i + 1] = 3825 * s * s * t * t
      out[3 * i + 2] = 2167 * s * s * s * t
    }
    return out
  }
}
