// The same in CommonJS.
const ndarray = require('ndarray')
const { vectorize } = require('lanewise')

const hypot = vectorize(['f4(f4,f4)', 'f8(f8,f8)'])((x, y) => Math.sqrt(x * x + y * y))
const x = ndarray(new Float64Array([3, 5, 8, 20, 7, 9]), [2, 3])
const r = hypot(x, [4, 12, 15])
console.log(r.shape.join('x'), [...r.data].join(' '), hypot(3, 4), hypot.explain('f8(f8,f8)').lanes)
