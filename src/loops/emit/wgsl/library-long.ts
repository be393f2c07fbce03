/** i8 and u8 as two words of 32 bits, the low one first. Functions whose names end in `_l` are for signed ones, in `_w` for both. */
export const long = `
fn add_w(a: vec2u, b: vec2u) -> vec2u { let low = a.x + b.x; return vec2u(low, a.y + b.y + select(0u, 1u, low < a.x)); }
fn sub_w(a: vec2u, b: vec2u) -> vec2u { return vec2u(a.x - b.x, a.y - b.y - select(0u, 1u, a.x < b.x)); }
fn neg_w(a: vec2u) -> vec2u { return sub_w(vec2u(0u, 0u), a); }
fn product_w(a: u32, b: u32) -> vec2u {
  let a0 = a & 0xffffu; let a1 = a >> 16u; let b0 = b & 0xffffu; let b1 = b >> 16u;
  let low = a0 * b0; let middle = a1 * b0 + (low >> 16u); let other = a0 * b1 + (middle & 0xffffu);
  return vec2u((other << 16u) | (low & 0xffffu), a1 * b1 + (middle >> 16u) + (other >> 16u));
}
fn mul_w(a: vec2u, b: vec2u) -> vec2u { let p = product_w(a.x, b.x); return vec2u(p.x, p.y + a.x * b.y + a.y * b.x); }
fn eq_w(a: vec2u, b: vec2u) -> bool { return (a.x == b.x) & (a.y == b.y); }
fn lt_w(a: vec2u, b: vec2u) -> bool { return (a.y < b.y) | ((a.y == b.y) & (a.x < b.x)); }
fn lt_l(a: vec2u, b: vec2u) -> bool { return lt_w(flip_l(a), flip_l(b)); }
fn flip_l(a: vec2u) -> vec2u { return vec2u(a.x, a.y ^ 0x80000000u); }
fn is_negative_l(a: vec2u) -> bool { return a.y >= 0x80000000u; }
fn abs_l(a: vec2u) -> vec2u { return select(a, neg_w(a), is_negative_l(a)); }
fn sign_l(a: vec2u) -> vec2u { return select(select(vec2u(1u, 0u), vec2u(0u, 0u), eq_w(a, vec2u(0u, 0u))), vec2u(0xffffffffu, 0xffffffffu), is_negative_l(a)); }
fn min_l(a: vec2u, b: vec2u) -> vec2u { return select(a, b, lt_l(b, a)); }
fn max_l(a: vec2u, b: vec2u) -> vec2u { return select(a, b, lt_l(a, b)); }
fn min_w(a: vec2u, b: vec2u) -> vec2u { return select(a, b, lt_w(b, a)); }
fn max_w(a: vec2u, b: vec2u) -> vec2u { return select(a, b, lt_w(a, b)); }
fn shl_w(a: vec2u, count: u32) -> vec2u {
  let n = count & 31u;
  let moved = vec2u(a.x << n, (a.y << n) | select(a.x >> ((32u - n) & 31u), 0u, n == 0u));
  return select(moved, vec2u(0u, moved.x), (count & 32u) != 0u);
}
fn shr_w(a: vec2u, count: u32) -> vec2u {
  let n = count & 31u;
  let moved = vec2u((a.x >> n) | select(a.y << ((32u - n) & 31u), 0u, n == 0u), a.y >> n);
  return select(moved, vec2u(moved.y, 0u), (count & 32u) != 0u);
}
fn shr_l(a: vec2u, count: u32) -> vec2u {
  let flipped = select(a, ~a, is_negative_l(a));
  let moved = shr_w(flipped, count);
  return select(moved, ~moved, is_negative_l(a));
}
fn clz_w(a: vec2u) -> u32 { return select(countLeadingZeros(a.y), 32u + countLeadingZeros(a.x), a.y == 0u); }
fn popcnt_pair(a: vec2u) -> vec2u { let n = countOneBits(a); return vec2u(n.x + n.y, 0u); }
fn clz_pair(a: vec2u) -> vec2u { return vec2u(clz_w(a), 0u); }
fn div_w(a: vec2u, b: vec2u) -> vec2u {
  if (eq_w(b, vec2u(0u, 0u)) | lt_w(a, b)) { return vec2u(0u, 0u); }
  let first = clz_w(b) - clz_w(a);
  var rest = a; var quotient = vec2u(0u, 0u); var part = shl_w(b, first);
  for (var i = 0u; i <= first; i++) {
    quotient = shl_w(quotient, 1u);
    if (!lt_w(rest, part)) { rest = sub_w(rest, part); quotient.x |= 1u; }
    part = shr_w(part, 1u);
  }
  return quotient;
}
fn rem_w(a: vec2u, b: vec2u) -> vec2u { return select(sub_w(a, mul_w(div_w(a, b), b)), vec2u(0u, 0u), eq_w(b, vec2u(0u, 0u))); }
fn div_l(a: vec2u, b: vec2u) -> vec2u {
  let q = div_w(abs_l(a), abs_l(b));
  return select(q, neg_w(q), is_negative_l(a) != is_negative_l(b));
}
fn rem_l(a: vec2u, b: vec2u) -> vec2u { let r = rem_w(abs_l(a), abs_l(b)); return select(r, neg_w(r), is_negative_l(a)); }
fn floordiv_l(a: vec2u, b: vec2u) -> vec2u {
  let q = div_l(a, b);
  let rest = sub_w(a, mul_w(q, b));
  let under = !eq_w(b, vec2u(0u, 0u)) & !eq_w(rest, vec2u(0u, 0u)) & (is_negative_l(a) != is_negative_l(b));
  return select(q, sub_w(q, vec2u(1u, 0u)), under);
}
fn hadd_l(a: vec2u, b: vec2u) -> vec2u { return add_w(a & b, shr_l(a ^ b, 1u)); }
fn hadd_w(a: vec2u, b: vec2u) -> vec2u { return add_w(a & b, shr_w(a ^ b, 1u)); }
fn rhadd_l(a: vec2u, b: vec2u) -> vec2u { return sub_w(a | b, shr_l(a ^ b, 1u)); }
fn rhadd_w(a: vec2u, b: vec2u) -> vec2u { return sub_w(a | b, shr_w(a ^ b, 1u)); }
fn zhadd_l(a: vec2u, b: vec2u) -> vec2u { let h = hadd_l(a, b); return add_w(h, vec2u(select(0u, (a.x ^ b.x) & 1u, is_negative_l(h)), 0u)); }
fn edge_l(a: vec2u) -> vec2u { return select(vec2u(0xffffffffu, 0x7fffffffu), vec2u(0u, 0x80000000u), is_negative_l(a)); }
fn add_sat_l(a: vec2u, b: vec2u) -> vec2u { let s = add_w(a, b); return select(s, edge_l(a), is_negative_l((a ^ s) & (b ^ s))); }
fn sub_sat_l(a: vec2u, b: vec2u) -> vec2u { let d = sub_w(a, b); return select(d, edge_l(a), is_negative_l((a ^ b) & (a ^ d))); }
fn add_sat_w(a: vec2u, b: vec2u) -> vec2u { let s = add_w(a, b); return select(s, vec2u(0xffffffffu, 0xffffffffu), lt_w(s, a)); }
fn sub_sat_w(a: vec2u, b: vec2u) -> vec2u { return select(sub_w(a, b), vec2u(0u, 0u), lt_w(a, b)); }
fn i_to_w(x: i32) -> vec2u { return vec2u(bitcast<u32>(x), bitcast<u32>(x >> 31u)); }
fn w_to_f(a: vec2u) -> f32 {
  if ((a.y == 0u) & (a.x < 0x1000000u)) { return f32(a.x); }
  let n = clz_w(a);
  let normal = shl_w(a, n);
  let rest = (normal.y & 0xffu) | select(0u, 1u, normal.x != 0u);
  let m = (normal.y >> 8u) + select(0u, 1u, (rest > 0x80u) | ((rest == 0x80u) & ((normal.y & 0x100u) != 0u)));
  return of_bits(((190u - n - 1u) << 23u) + m);
}
fn l_to_f(a: vec2u) -> f32 { let size = w_to_f(abs_l(a)); return select(size, neg_f(size), is_negative_l(a)); }
fn f_to_w(x: f32) -> vec2u {
  let bits = bitcast<u32>(x);
  let e = i32((bits >> 23u) & 0xffu) - 150;
  if ((e <= -24) | (e > 63)) { return vec2u(0u, 0u); }
  let m = vec2u((bits & 0x7fffffu) | 0x800000u, 0u);
  var size = vec2u(0u, 0u);
  if (e >= 0) { size = shl_w(m, u32(e)); } else { size = shr_w(m, u32(-e)); }
  return select(size, neg_w(size), bits >= 0x80000000u);
}
`
