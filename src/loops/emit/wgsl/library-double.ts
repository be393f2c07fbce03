/**
 * f8 in integer arithmetic, exactly as IEEE 754 has it, subnormals included: for the steps of f4 functions that need it. The low
 * word comes first. `pack_d` rounds: 56 bits, the last three of them below the result's, and an exponent of at least 1.
 */
export const double = `
fn is_nan_d(a: vec2u) -> bool { let h = a.y & 0x7fffffffu; return (h > 0x7ff00000u) | ((h == 0x7ff00000u) & (a.x != 0u)); }
fn abs_d(a: vec2u) -> vec2u { return vec2u(a.x, a.y & 0x7fffffffu); }
fn neg_d(a: vec2u) -> vec2u { return vec2u(a.x, a.y ^ 0x80000000u); }
fn is_zero_d(a: vec2u) -> bool { return ((a.y & 0x7fffffffu) | a.x) == 0u; }
fn signed_d(sign: u32, a: vec2u) -> vec2u { return vec2u(a.x, a.y | (sign & 0x80000000u)); }
fn copysign_d(a: vec2u, b: vec2u) -> vec2u { return vec2u(a.x, (a.y & 0x7fffffffu) | (b.y & 0x80000000u)); }
fn exponent_d(a: vec2u) -> i32 { return i32((a.y >> 20u) & 0x7ffu); }
fn sticky_d(m: vec2u, count: u32) -> vec2u {
  if (count > 63u) { return vec2u(select(0u, 1u, (m.x | m.y) != 0u), 0u); }
  let moved = shr_w(m, count);
  return vec2u(moved.x | select(0u, 1u, !eq_w(shl_w(moved, count), m)), moved.y);
}
fn pack_d(sign: u32, exponent: i32, m: vec2u) -> vec2u {
  var e = exponent; var rest = m;
  if (e < 1) { rest = sticky_d(rest, u32(min(1 - e, 64))); e = 1; }
  let low = rest.x & 7u;
  var kept = shr_w(rest, 3u);
  if ((low > 4u) | ((low == 4u) & ((kept.x & 1u) != 0u))) { kept = add_w(kept, vec2u(1u, 0u)); }
  let bits = add_w(kept, vec2u(0u, u32(e - 1) << 20u));
  if ((e > 2046) | (bits.y >= 0x7ff00000u)) { return signed_d(sign, vec2u(0u, 0x7ff00000u)); }
  return signed_d(sign, bits);
}
fn fraction_d(a: vec2u) -> vec2u { return vec2u(a.x, (a.y & 0xfffffu) | select(0u, 0x100000u, exponent_d(a) != 0)); }
fn normal_d(a: vec2u) -> vec3i {
  let m = fraction_d(a);
  let up = clz_w(m) - 11u;
  return vec3i(bitcast<vec2i>(shl_w(m, up)), max(exponent_d(a), 1) - i32(up));
}
fn add_d(p: vec2u, q: vec2u) -> vec2u {
  if (is_nan_d(p) | is_nan_d(q)) { return vec2u(0u, 0x7ff80000u); }
  let swap = lt_w(abs_d(p), abs_d(q));
  let a = select(p, q, swap); let b = select(q, p, swap);
  let differ = ((a.y ^ b.y) & 0x80000000u) != 0u;
  if (exponent_d(a) == 2047) { return select(a, vec2u(0u, 0x7ff80000u), differ & (exponent_d(b) == 2047)); }
  if (is_zero_d(b)) { return select(a, vec2u(0u, 0u), is_zero_d(a) & differ); }
  var e = max(exponent_d(a), 1);
  let m = shl_w(fraction_d(a), 3u);
  let n = sticky_d(shl_w(fraction_d(b), 3u), u32(e - max(exponent_d(b), 1)));
  var s = add_w(m, n);
  if (differ) { s = sub_w(m, n); }
  if ((s.x | s.y) == 0u) { return vec2u(0u, 0u); }
  let zeros = clz_w(s);
  if (zeros < 8u) { return pack_d(a.y, e + 1, sticky_d(s, 1u)); }
  let up = min(zeros - 8u, u32(e - 1));
  return pack_d(a.y, e - i32(up), shl_w(s, up));
}
fn sub_d(a: vec2u, b: vec2u) -> vec2u { return add_d(a, select(neg_d(b), b, is_nan_d(b))); }
fn mul_d(a: vec2u, b: vec2u) -> vec2u {
  let sign = a.y ^ b.y;
  if (is_nan_d(a) | is_nan_d(b)) { return vec2u(0u, 0x7ff80000u); }
  if ((exponent_d(a) == 2047) | (exponent_d(b) == 2047)) {
    return select(signed_d(sign, vec2u(0u, 0x7ff00000u)), vec2u(0u, 0x7ff80000u), is_zero_d(a) | is_zero_d(b));
  }
  if (is_zero_d(a) | is_zero_d(b)) { return signed_d(sign, vec2u(0u, 0u)); }
  let p = normal_d(a); let q = normal_d(b);
  let m = shl_w(bitcast<vec2u>(p.xy), 11u); let n = shl_w(bitcast<vec2u>(q.xy), 11u);
  let low = product_w(m.x, n.x); let left = product_w(m.y, n.x); let right = product_w(m.x, n.y);
  let middle = add_w(left, vec2u(low.y, 0u));
  let sum = add_w(right, vec2u(middle.x, 0u));
  let high = add_w(add_w(product_w(m.y, n.y), vec2u(middle.y, 0u)), vec2u(sum.y, 0u));
  let lost = select(0u, 1u, (low.x | sum.x) != 0u);
  let top = high.y >> 31u;
  let kept = sticky_d(high, 7u + top);
  return pack_d(sign, p.z + q.z - 1023 + i32(top), vec2u(kept.x | lost, kept.y));
}
fn div_d(a: vec2u, b: vec2u) -> vec2u {
  let sign = a.y ^ b.y;
  if (is_nan_d(a) | is_nan_d(b)) { return vec2u(0u, 0x7ff80000u); }
  let endless = exponent_d(a) == 2047; let zero = is_zero_d(a);
  if (exponent_d(b) == 2047) { return select(signed_d(sign, vec2u(0u, 0u)), vec2u(0u, 0x7ff80000u), endless); }
  if (is_zero_d(b)) { return select(signed_d(sign, vec2u(0u, 0x7ff00000u)), vec2u(0u, 0x7ff80000u), zero); }
  if (endless) { return signed_d(sign, vec2u(0u, 0x7ff00000u)); }
  if (zero) { return signed_d(sign, vec2u(0u, 0u)); }
  let p = normal_d(a); let q = normal_d(b);
  let by = bitcast<vec2u>(q.xy);
  var rest = bitcast<vec2u>(p.xy); var e = p.z - q.z + 1023; var m = vec2u(0u, 0u);
  if (lt_w(rest, by)) { rest = shl_w(rest, 1u); e--; }
  for (var i = 0; i < 56; i++) {
    m = shl_w(m, 1u);
    if (!lt_w(rest, by)) { rest = sub_w(rest, by); m.x |= 1u; }
    rest = shl_w(rest, 1u);
  }
  return pack_d(sign, e, vec2u(m.x | select(0u, 1u, (rest.x | rest.y) != 0u), m.y));
}
fn sqrt_d(a: vec2u) -> vec2u {
  if (is_nan_d(a) | is_zero_d(a)) { return a; }
  if (a.y >= 0x80000000u) { return vec2u(0u, 0x7ff80000u); }
  if (exponent_d(a) == 2047) { return a; }
  let p = normal_d(a);
  let odd = (p.z - 1023) & 1;
  let m = shl_w(bitcast<vec2u>(p.xy), u32(odd));
  var rest = vec2u(0u, 0u); var root = vec2u(0u, 0u);
  for (var i = 0; i < 56; i++) {
    var pair = 0u;
    if (i < 27) { pair = shr_w(m, u32(52 - 2 * i)).x & 3u; }
    rest = shl_w(rest, 2u); rest.x |= pair;
    var part = shl_w(root, 2u); part.x |= 1u;
    root = shl_w(root, 1u);
    if (!lt_w(rest, part)) { rest = sub_w(rest, part); root.x |= 1u; }
  }
  return pack_d(0u, ((p.z - 1023 - odd) >> 1u) + 1023, vec2u(root.x | select(0u, 1u, (rest.x | rest.y) != 0u), root.y));
}
fn order_d(a: vec2u) -> vec2u { return select(vec2u(a.x, a.y ^ 0x80000000u), ~a, a.y >= 0x80000000u); }
fn eq_d(a: vec2u, b: vec2u) -> bool { return !is_nan_d(a) & !is_nan_d(b) & (eq_w(a, b) | (is_zero_d(a) & is_zero_d(b))); }
fn lt_d(a: vec2u, b: vec2u) -> bool { return !is_nan_d(a) & !is_nan_d(b) & !(is_zero_d(a) & is_zero_d(b)) & lt_w(order_d(a), order_d(b)); }
fn le_d(a: vec2u, b: vec2u) -> bool { return lt_d(a, b) | eq_d(a, b); }
fn min_d(a: vec2u, b: vec2u) -> vec2u { return select(select(a, b, lt_w(order_d(b), order_d(a))), vec2u(0u, 0x7ff80000u), is_nan_d(a) | is_nan_d(b)); }
fn max_d(a: vec2u, b: vec2u) -> vec2u { return select(select(a, b, lt_w(order_d(a), order_d(b))), vec2u(0u, 0x7ff80000u), is_nan_d(a) | is_nan_d(b)); }
fn pmin_d(a: vec2u, b: vec2u) -> vec2u { return select(a, b, lt_d(b, a)); }
fn pmax_d(a: vec2u, b: vec2u) -> vec2u { return select(a, b, lt_d(a, b)); }
fn sign_d(a: vec2u) -> vec2u { return select(signed_d(a.y, vec2u(0u, 0x3ff00000u)), a, is_nan_d(a) | is_zero_d(a)); }
fn trunc_d(a: vec2u) -> vec2u {
  let e = exponent_d(a);
  if (e >= 1075) { return a; }
  if (e < 1023) { return vec2u(0u, a.y & 0x80000000u); }
  return shl_w(shr_w(a, u32(1075 - e)), u32(1075 - e));
}
fn up_d(a: vec2u, more: bool) -> vec2u { return select(a, add_d(a, vec2u(0u, 0x3ff00000u)), more); }
fn floor_d(a: vec2u) -> vec2u {
  let t = trunc_d(a);
  return select(t, sub_d(t, vec2u(0u, 0x3ff00000u)), (a.y >= 0x80000000u) & !is_nan_d(a) & !eq_w(t, a));
}
fn ceil_d(a: vec2u) -> vec2u { return neg_d(floor_d(neg_d(a))); }
fn round_d(a: vec2u) -> vec2u {
  if (exponent_d(a) >= 1075) { return a; }
  let down = floor_d(a);
  return copysign_d(up_d(down, le_d(vec2u(0u, 0x3fe00000u), sub_d(a, down))), a);
}
fn nearest_d(a: vec2u) -> vec2u {
  if (exponent_d(a) >= 1075) { return a; }
  let down = floor_d(a);
  let rest = sub_d(a, down);
  let half = vec2u(0u, 0x3fe00000u);
  return copysign_d(up_d(down, lt_d(half, rest) | (eq_d(half, rest) & ((d_to_w(down).x & 1u) != 0u))), a);
}
fn w_to_d(a: vec2u) -> vec2u {
  if ((a.x | a.y) == 0u) { return a; }
  let n = clz_w(a);
  return pack_d(0u, 1086 - i32(n), sticky_d(shl_w(a, n), 8u));
}
fn l_to_d(a: vec2u) -> vec2u { let size = w_to_d(abs_l(a)); return vec2u(size.x, size.y | (a.y & 0x80000000u)); }
fn d_to_w(a: vec2u) -> vec2u {
  let e = exponent_d(a) - 1075;
  if ((e <= -53) | (e > 63)) { return vec2u(0u, 0u); }
  let m = fraction_d(a);
  var size = vec2u(0u, 0u);
  if (e >= 0) { size = shl_w(m, u32(e)); } else { size = shr_w(m, u32(-e)); }
  return select(size, neg_w(size), a.y >= 0x80000000u);
}
fn f_to_d(x: f32) -> vec2u {
  let bits = bitcast<u32>(x);
  let sign = bits & 0x80000000u;
  let e = (bits >> 23u) & 0xffu;
  var m = bits & 0x7fffffu;
  if (e == 255u) { return signed_d(sign, select(vec2u(0u, 0x7ff00000u), vec2u(0u, 0x7ff80000u), m != 0u)); }
  var exponent = i32(e) + 896;
  if (e == 0u) {
    if (m == 0u) { return vec2u(0u, sign); }
    let up = countLeadingZeros(m) - 8u;
    m = (m << up) & 0x7fffffu;
    exponent = 897 - i32(up);
  }
  return vec2u(m << 29u, sign | (u32(exponent) << 20u) | (m >> 3u));
}
fn d_to_f(a: vec2u) -> f32 {
  let sign = a.y & 0x80000000u;
  if (is_nan_d(a)) { return of_bits(0x7fc00000u); }
  if (exponent_d(a) == 2047) { return of_bits(sign | 0x7f800000u); }
  let e = exponent_d(a) - 896;
  if (e < -25) { return of_bits(sign); }
  if (e > 254) { return of_bits(sign | 0x7f800000u); }
  let moved = sticky_d(fraction_d(a), u32(26 + max(1 - e, 0)));
  let low = moved.x & 7u;
  var kept = moved.x >> 3u;
  if ((low > 4u) | ((low == 4u) & ((kept & 1u) != 0u))) { kept++; }
  let bits = kept + (u32(max(e, 1) - 1) << 23u);
  return of_bits(sign | min(bits, 0x7f800000u));
}
`
