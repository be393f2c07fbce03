/**
 * Float64 as the unevaluated sum of two float32 (`precision: 'float-float'`): the bits of the larger, which is the sum rounded, then those of
 * what is left. Where the larger is no finite number, nothing is left. After Dekker, "A floating-point technique for extending the available
 * precision" (1971), and Joldes, Muller, Popescu, "Tight and rigorous error bounds for basic building blocks of double-word arithmetic" (2017).
 */
export const pair = `
fn hi_p(a: vec2u) -> f32 { return bitcast<f32>(a.x); }
fn lo_p(a: vec2u) -> f32 { return bitcast<f32>(a.y); }
fn made_p(hi: f32, lo: f32) -> vec2u { return vec2u(bitcast<u32>(hi), bitcast<u32>(lo)); }
fn is_finite_f(x: f32) -> bool { return (bitcast<u32>(x) & 0x7f800000u) != 0x7f800000u; }
fn is_zero_f(x: f32) -> bool { return (bitcast<u32>(x) & 0x7fffffffu) == 0u; }
fn quick_p(a: f32, b: f32) -> vec2u {
  let s = exact(a + b);
  if (is_zero_f(b)) { return made_p(a, 0f); }
  if (!is_finite_f(s)) { return made_p(s, 0f); }
  return made_p(s, exact(b - exact(s - a)));
}
fn sum_p(a: f32, b: f32) -> vec2u {
  let s = exact(a + b);
  let t = exact(s - a);
  return made_p(s, exact(exact(a - exact(s - t)) + exact(b - t)));
}
fn add_p(a: vec2u, b: vec2u) -> vec2u {
  let s = sum_p(hi_p(a), hi_p(b));
  if (!is_finite_f(hi_p(s))) { return vec2u(s.x, 0u); }
  let t = sum_p(lo_p(a), lo_p(b));
  let v = quick_p(hi_p(s), exact(lo_p(s) + hi_p(t)));
  return quick_p(hi_p(v), exact(lo_p(t) + lo_p(v)));
}
fn sub_p(a: vec2u, b: vec2u) -> vec2u { return add_p(a, neg_p(b)); }
fn upper_p(x: f32) -> f32 { return of_bits(bitcast<u32>(x) & 0xfffff000u); }
fn mul_p(a: vec2u, b: vec2u) -> vec2u {
  let x = hi_p(a);
  let y = hi_p(b);
  let p = exact(x * y);
  if (is_zero_f(p) | !is_finite_f(p)) { return made_p(p, 0f); }
  let x1 = upper_p(x);
  let x2 = exact(x - x1);
  let y1 = upper_p(y);
  let y2 = exact(y - y1);
  let e = exact(exact(exact(exact(x1 * y1) - p) + exact(x1 * y2)) + exact(x2 * y1)) + exact(x2 * y2);
  return quick_p(p, exact(exact(e) + exact(exact(x * lo_p(b)) + exact(lo_p(a) * y))));
}
fn div_p(a: vec2u, b: vec2u) -> vec2u {
  let y = exact(hi_p(b));
  let q = exact(exact(hi_p(a)) / y);
  if (is_zero_f(q) | !is_finite_f(q)) { return made_p(q, 0f); }
  let r = sub_p(a, mul_p(b, made_p(q, 0f)));
  let q2 = exact(exact(hi_p(r)) / y);
  let r2 = sub_p(r, mul_p(b, made_p(q2, 0f)));
  return add_p(quick_p(q, q2), made_p(exact(exact(hi_p(r2)) / y), 0f));
}
fn sqrt_p(a: vec2u) -> vec2u {
  let r = exact(sqrt_f(hi_p(a)));
  if (is_zero_f(r) | !is_finite_f(r)) { return made_p(r, 0f); }
  let twice = exact(r + r);
  let d = sub_p(a, mul_p(made_p(r, 0f), made_p(r, 0f)));
  let q = quick_p(r, exact(exact(hi_p(d)) / twice));
  let d2 = sub_p(a, mul_p(q, q));
  return add_p(q, made_p(exact(exact(hi_p(d2)) / twice), 0f));
}
fn neg_p(a: vec2u) -> vec2u { return a ^ vec2u(0x80000000u, 0x80000000u); }
fn abs_p(a: vec2u) -> vec2u { return select(a, neg_p(a), a.x >= 0x80000000u); }
fn copysign_p(a: vec2u, b: vec2u) -> vec2u { return select(a, neg_p(a), ((a.x ^ b.x) & 0x80000000u) != 0u); }
fn sign_p(a: vec2u) -> vec2u { return made_p(sign_f(hi_p(a)), 0f); }
fn eq_p(a: vec2u, b: vec2u) -> bool { return eq_f(hi_p(a), hi_p(b)) & eq_f(lo_p(a), lo_p(b)); }
fn lt_p(a: vec2u, b: vec2u) -> bool {
  return lt_f(hi_p(a), hi_p(b)) | (eq_f(hi_p(a), hi_p(b)) & lt_f(lo_p(a), lo_p(b)));
}
fn le_p(a: vec2u, b: vec2u) -> bool { return lt_p(a, b) | eq_p(a, b); }
fn first_p(a: vec2u, b: vec2u) -> bool {
  let x = order_f(hi_p(a));
  let y = order_f(hi_p(b));
  return (x < y) | ((x == y) & le_f(lo_p(a), lo_p(b)));
}
fn nan_p(a: vec2u, b: vec2u) -> bool { return is_nan(hi_p(a)) | is_nan(hi_p(b)); }
fn min_p(a: vec2u, b: vec2u) -> vec2u { return select(select(b, a, first_p(a, b)), vec2u(0x7fc00000u, 0u), nan_p(a, b)); }
fn max_p(a: vec2u, b: vec2u) -> vec2u { return select(select(a, b, first_p(a, b)), vec2u(0x7fc00000u, 0u), nan_p(a, b)); }
fn pmin_p(a: vec2u, b: vec2u) -> vec2u { return select(a, b, lt_p(b, a)); }
fn pmax_p(a: vec2u, b: vec2u) -> vec2u { return select(a, b, lt_p(a, b)); }
fn floor_p(a: vec2u) -> vec2u {
  let f = floor_f(hi_p(a));
  if (bitcast<u32>(f) != a.x) { return made_p(f, 0f); }
  return quick_p(f, floor_f(lo_p(a)));
}
fn ceil_p(a: vec2u) -> vec2u { return neg_p(floor_p(neg_p(a))); }
fn trunc_p(a: vec2u) -> vec2u { if (a.x >= 0x80000000u) { return ceil_p(a); } return floor_p(a); }
fn up_p(a: vec2u, down: vec2u, more: bool) -> vec2u {
  let r = select(down, add_p(down, made_p(1f, 0f)), more);
  return select(r, vec2u(a.x & 0x80000000u, 0u), is_zero_f(hi_p(r)));
}
fn round_p(a: vec2u) -> vec2u {
  if (!is_finite_f(hi_p(a))) { return a; }
  let down = floor_p(a);
  return up_p(a, down, le_p(made_p(0.5f, 0f), sub_p(a, down)));
}
fn nearest_p(a: vec2u) -> vec2u {
  if (!is_finite_f(hi_p(a))) { return a; }
  let down = floor_p(a);
  let rest = sub_p(a, down);
  let half = made_p(0.5f, 0f);
  let pairs = floor_p(mul_p(down, half));
  let odd = !eq_p(add_p(pairs, pairs), down);
  return up_p(a, down, lt_p(half, rest) | (eq_p(half, rest) & odd));
}
fn w_to_p(a: vec2u) -> vec2u { let hi = w_to_f(a); return quick_p(hi, l_to_f(sub_w(a, f_to_w(hi)))); }
fn l_to_p(a: vec2u) -> vec2u { let hi = l_to_f(a); return quick_p(hi, l_to_f(sub_w(a, f_to_w(hi)))); }
fn p_to_w(a: vec2u) -> vec2u { let t = trunc_p(a); return add_w(f_to_w(hi_p(t)), f_to_w(lo_p(t))); }
fn exponent_f(x: f32) -> i32 { return i32((bitcast<u32>(x) >> 23u) & 0xffu) - 127; }
fn fraction_f(x: f32) -> u32 { return (bitcast<u32>(x) & 0x7fffffu) | 0x800000u; }
fn power_p(e: i32) -> f32 { return of_bits(u32(e + 127) << 23u); }
fn d_to_p(a: vec2u) -> vec2u {
  let hi = d_to_f(a);
  if ((exponent_f(hi) == -127) | !is_finite_f(hi)) { return made_p(hi, 0f); }
  let e = exponent_d(a) - 1023;
  let rest = exact(f32(bitcast<i32>(a.x - (fraction_f(hi) << u32(29 + exponent_f(hi) - e)))));
  let half = (e - 52) / 2;
  let lo = exact(exact(rest * power_p(half)) * power_p(e - 52 - half));
  return made_p(hi, select(lo, neg_f(lo), a.y >= 0x80000000u));
}
fn p_to_d(a: vec2u) -> vec2u {
  let hi = hi_p(a);
  let lo = lo_p(a);
  if (exponent_f(lo) == -127) { return f_to_d(hi); }
  let e = exponent_f(hi);
  let up = exponent_f(lo) - e + 32;
  var rest = vec2u(fraction_f(lo), 0u);
  if (up >= 0) { rest = shl_w(rest, u32(up)); } else { rest = sticky_d(rest, u32(-up)); }
  let whole = vec2u(0u, fraction_f(hi));
  let sum = select(add_w(whole, rest), sub_w(whole, rest), ((a.x ^ a.y) & 0x80000000u) != 0u);
  let less = clz_w(sum) - 8u;
  return pack_d(a.x, e + 1023 - i32(less), shl_w(sum, less));
}
`
