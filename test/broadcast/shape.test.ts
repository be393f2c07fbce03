import { test } from 'uvu'
import * as assert from 'uvu/assert'
import {
  broadcastCall,
  broadcastShapes,
  contiguousStrides,
  isContiguous,
  type Order,
  outputStrides,
  shapeText,
  stridesFor,
} from '../../src/broadcast/shape.ts'
import { BroadcastError, OutputError } from '../../src/errors.ts'
import { numpy } from '../fixtures/numpy.ts'
import { thrown } from '../thrown.ts'

test('broadcasts as NumPy does, with its words', () => {
  for (const { shapes, result, error } of numpy.broadcasts) {
    if (result !== undefined) assert.equal([...broadcastShapes(shapes)], result, JSON.stringify(shapes))
    else {
      const raised = thrown(() => broadcastShapes(shapes))
      assert.instance(raised, BroadcastError)
      assert.equal(raised.shapes, shapes)
      if (error) assert.is(raised.message, error)
    }
  }
})

test('allocates outputs in the order NumPy gives them', () => {
  for (const { operands, order, shape, stride } of numpy.orders) {
    const found = outputStrides(shape, operands, order as Order)
    // Where an axis has one element its stride means nothing.
    const telling = (strides: readonly number[]) => strides.filter((_, axis) => (shape[axis] as number) > 1)
    assert.equal(telling(found), telling(stride), JSON.stringify({ operands, order }))
  }
})

test('the vectors of the reference', () => {
  const f = { shape: [2, 3], stride: [1, 2], offset: 0 }
  assert.equal(outputStrides([2, 3], [f]), [1, 2])
  assert.equal(outputStrides([2, 3], [f], 'C'), [3, 1])
  assert.equal(outputStrides([2, 3], [f], 'A'), [1, 2])
  assert.equal(outputStrides([4, 2, 3], [{ shape: [4, 2, 3], stride: [1, 12, 4], offset: 0 }]), [1, 12, 4])
  assert.equal(outputStrides([3, 4], [{ shape: [3, 4], stride: [-4, -1], offset: 11 }]), [4, 1])
  const column = { shape: [3, 1], stride: [1, 3], offset: 0 }
  assert.equal(outputStrides([3, 4], [column, { shape: [1, 4], stride: [4, 1], offset: 0 }]), [4, 1])
})

test('inputs stretch up to an output, an output never stretches', () => {
  assert.equal([...broadcastCall([[3], []], [[2, 3]])], [2, 3])
  assert.equal(
    [
      ...broadcastCall(
        [
          [0, 3],
          [1, 3],
        ],
        [],
      ),
    ],
    [0, 3],
  )
  const raised = thrown(() => broadcastCall([[2, 3], []], [[3]]))
  assert.instance(raised, OutputError)
  assert.is(
    raised.message,
    "non-broadcastable output operand with shape (3,) doesn't match the broadcast shape (2,3)",
  )
  assert.equal([raised.operand, raised.shape, raised.want], [2, [3], [2, 3]])
})

test('strides of stretched axes and axes of size 1 are 0', () => {
  assert.equal(stridesFor({ shape: [3, 1], stride: [5, 7], offset: 0 }, [2, 3, 4]), [0, 5, 0])
})

test('contiguous strides, and recognising them', () => {
  assert.equal(contiguousStrides([2, 3, 4]), [12, 4, 1])
  assert.equal(contiguousStrides([2, 3, 4], 'F'), [1, 2, 6])
  assert.equal(contiguousStrides([]), [])
  const at = (shape: number[], stride: number[]) => {
    const layout = { shape, stride, offset: 0 }
    return [isContiguous(layout), isContiguous(layout, 'F')]
  }
  assert.equal(at([2, 3], [3, 1]), [true, false])
  assert.equal(at([2, 3], [1, 2]), [false, true])
  assert.equal(at([1, 3], [9, 1]), [true, true])
  assert.equal(at([3], [2]), [false, false])
  assert.equal(at([2, 0], [5, 5]), [true, true])
  assert.equal(at([], []), [true, true])
})

test('shapes are written as NumPy writes them', () => {
  assert.equal([[], [2], [2, 3]].map(shapeText), ['()', '(2,)', '(2,3)'])
})

test.run()
