// 64-bit whole numbers as two words, low first, so that no driver needs to know them. Arithmetic wraps around.
uvec2 negated(uvec2 a) {
  uint carry;
  uint low = uaddCarry(~a.x, 1u, carry);
  return uvec2(low, ~a.y + carry);
}
uvec2 added(uvec2 a, uvec2 b) {
  uint carry;
  uint low = uaddCarry(a.x, b.x, carry);
  return uvec2(low, a.y + b.y + carry);
}
uvec2 subtracted(uvec2 a, uvec2 b) {
  uint borrow;
  uint low = usubBorrow(a.x, b.x, borrow);
  return uvec2(low, a.y - b.y - borrow);
}
uvec2 multiplied(uvec2 a, uvec2 b) {
  uint high, low;
  umulExtended(a.x, b.x, high, low);
  return uvec2(low, high + a.x * b.y + a.y * b.x);
}
bool is_negative(uvec2 a) { return (a.y & 0x80000000u) != 0; }
bool is_zero(uvec2 a) { return (a.x | a.y) == 0; }
bool is_less(uvec2 a, uvec2 b) { return a.y == b.y ? a.x < b.x : int(a.y) < int(b.y); }
uvec2 truth(bool value) { return uvec2(value ? 1u : 0u, 0u); }

// Quotient and remainder of numbers without sign, by long division; the divisor is not 0.
uvec2 divided(uvec2 a, uvec2 b, out uvec2 rest) {
  if ((a.y | b.y) == 0) {
    rest = uvec2(a.x % b.x, 0);
    return uvec2(a.x / b.x, 0);
  }
  uvec2 quotient = uvec2(0);
  rest = uvec2(0);
  for (int bit = 63; bit >= 0; --bit) {
    bool has_overflow = is_negative(rest);
    uint next = bit >= 32 ? a.y >> (bit - 32) : a.x >> bit;
    rest = uvec2(rest.x << 1 | (next & 1u), rest.y << 1 | rest.x >> 31);
    if (has_overflow || rest.y > b.y || (rest.y == b.y && rest.x >= b.x)) {
      rest = subtracted(rest, b);
      if (bit >= 32) quotient.y |= 1u << (bit - 32);
      else quotient.x |= 1u << bit;
    }
  }
  return quotient;
}
// Towards minus infinity, as Python divides; the remainder has the divisor's sign.
uvec2 floor_divided(uvec2 a, uvec2 b, out uvec2 rest) {
  bool is_opposite = is_negative(a) != is_negative(b);
  uvec2 quotient = divided(is_negative(a) ? negated(a) : a, is_negative(b) ? negated(b) : b, rest);
  if (is_negative(a)) rest = negated(rest);
  if (is_opposite) quotient = negated(quotient);
  if (is_opposite && !is_zero(rest)) {
    quotient = subtracted(quotient, uvec2(1, 0));
    rest = added(rest, b);
  }
  return quotient;
}
uvec2 powered(uvec2 a, uvec2 b) {
  uvec2 result = uvec2(1, 0);
  if (is_negative(b)) {
    bool is_one = a == result, is_minus_one = a == uvec2(0xFFFFFFFFu);
    if (is_minus_one && (b.x & 1u) != 0) return a;
    return truth(is_one || is_minus_one);
  }
  while (!is_zero(b)) {
    if ((b.x & 1u) != 0) result = multiplied(result, a);
    a = multiplied(a, a);
    b = uvec2(b.x >> 1 | b.y << 31, b.y >> 1);
  }
  return result;
}
