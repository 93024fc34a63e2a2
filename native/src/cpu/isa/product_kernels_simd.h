// The product micro-kernels, written once with vector extensions and compiled by every instruction set's source file.
// Include it from those files alone: everything lands in an anonymous namespace with that file's vector width.
#pragma once

#include <cstring>
#include <type_traits>

#if defined(__AVX2__)
#include <immintrin.h>
#elif defined(__ARM_NEON)
#include <arm_neon.h>
#endif

#include "../product_kernels.h"

namespace lazuli {
namespace {
namespace product_simd {

#if defined(__AVX512F__)
inline constexpr int kBytes = 64, kTileRows = 14, kDotRows = 6;
#elif defined(__AVX2__)
inline constexpr int kBytes = 32, kTileRows = 6, kDotRows = 3;
#elif defined(__ARM_NEON)
inline constexpr int kBytes = 16, kTileRows = 12, kDotRows = 5;
#else
inline constexpr int kBytes = 16, kTileRows = 4, kDotRows = 2;
#endif
inline constexpr int kDotColumns = 4;
inline constexpr int kAhead = 4;  // lines asked for before they are packed
#if defined(__AVX512F__) || defined(__ARM_NEON)
inline constexpr int kLineRows = 3, kLineColumns = 9, kLonelyLineColumns = 9;  // of 32 registers
#else
inline constexpr int kLineRows = 2, kLineColumns = 5, kLonelyLineColumns = 9;  // of 16
#endif

template <typename T, int bytes> struct VectorOf;
template <> struct VectorOf<float, 16> { typedef float type __attribute__((vector_size(16))); };
template <> struct VectorOf<float, 32> { typedef float type __attribute__((vector_size(32))); };
template <> struct VectorOf<float, 64> { typedef float type __attribute__((vector_size(64))); };
template <> struct VectorOf<double, 16> { typedef double type __attribute__((vector_size(16))); };
template <> struct VectorOf<double, 32> { typedef double type __attribute__((vector_size(32))); };
template <> struct VectorOf<double, 64> { typedef double type __attribute__((vector_size(64))); };
template <typename T> using Vector = typename VectorOf<T, kBytes>::type;
template <typename T> using Quarter = typename VectorOf<T, 16>::type;
template <typename T> inline constexpr int kLanes = kBytes / static_cast<int>(sizeof(T));

template <typename T> inline Vector<T> load(const T* from) {
  Vector<T> v;
  std::memcpy(&v, from, sizeof v);
  return v;
}
template <typename T> inline void store(T* to, Vector<T> v) { std::memcpy(to, &v, sizeof v); }

#if defined(__AVX2__) && !defined(__AVX512F__)
/// A mask whose first `count` elements of T are set.
template <typename T> inline __m256i first_lanes(int64_t count) {
  static constexpr int32_t kBits[16] = {-1, -1, -1, -1, -1, -1, -1, -1, 0, 0, 0, 0, 0, 0, 0, 0};
  return _mm256_loadu_si256(reinterpret_cast<const __m256i*>(kBits + 8 - count * (sizeof(T) / 4)));
}
#endif

/// The first `count` lanes from memory, 0 in the others; touches no byte behind them.
template <typename T> inline Vector<T> load_first(const T* from, int64_t count) {
#if defined(__AVX512F__)
  if constexpr (sizeof(T) == 4) return _mm512_maskz_loadu_ps(static_cast<__mmask16>((1u << count) - 1), from);
  else return _mm512_maskz_loadu_pd(static_cast<__mmask8>((1u << count) - 1), from);
#elif defined(__AVX2__)
  if constexpr (sizeof(T) == 4) return _mm256_maskload_ps(from, first_lanes<T>(count));
  else return _mm256_maskload_pd(from, first_lanes<T>(count));
#else
  T lanes[kLanes<T>] = {};
  std::memcpy(lanes, from, static_cast<size_t>(count) * sizeof(T));
  return load(lanes);
#endif
}

/// Writes the first `count` lanes alone.
template <typename T> inline void store_first(T* to, Vector<T> v, int64_t count) {
#if defined(__AVX512F__)
  if constexpr (sizeof(T) == 4) _mm512_mask_storeu_ps(to, static_cast<__mmask16>((1u << count) - 1), v);
  else _mm512_mask_storeu_pd(to, static_cast<__mmask8>((1u << count) - 1), v);
#elif defined(__AVX2__)
  if constexpr (sizeof(T) == 4) _mm256_maskstore_ps(to, first_lanes<T>(count), v);
  else _mm256_maskstore_pd(to, first_lanes<T>(count), v);
#else
  std::memcpy(to, &v, static_cast<size_t>(count) * sizeof(T));
#endif
}

template <typename T> inline Vector<T> broadcast(T value) { return value - Vector<T>{}; }

template <typename T> inline Vector<T> multiply_add(Vector<T> a, Vector<T> b, Vector<T> c) {
#if defined(__AVX512F__)
  if constexpr (sizeof(T) == 4) return _mm512_fmadd_ps(a, b, c);
  else return _mm512_fmadd_pd(a, b, c);
#elif defined(__FMA__)
  if constexpr (sizeof(T) == 4) return _mm256_fmadd_ps(a, b, c);
  else return _mm256_fmadd_pd(a, b, c);
#elif defined(__ARM_NEON)
  if constexpr (sizeof(T) == 4) return (Vector<T>)vfmaq_f32((float32x4_t)c, (float32x4_t)a, (float32x4_t)b);
  else return (Vector<T>)vfmaq_f64((float64x2_t)c, (float64x2_t)a, (float64x2_t)b);
#else
  return a * b + c;
#endif
}

struct MultiplyAdd {
  template <typename T> static inline Vector<T> of(Vector<T> a, Vector<T> b, Vector<T> c) { return multiply_add<T>(a, b, c); }
};

/// Column k of A's rows, as they lie: each fourth row has a pointer, so that all addresses stay in registers.
template <typename T, int rows> struct Rows {
  static constexpr int kPointers = (rows + 3) / 4;
  const T* at[kPointers];
  int64_t row, three_rows;

  inline Rows(const T* a, int64_t a_row) : row(a_row), three_rows(3 * a_row) {
    for (int i = 0; i < kPointers; ++i) at[i] = a + 4 * i * a_row;
  }
  inline T operator[](int r) const { return at[r / 4][r % 4 == 3 ? three_rows : r % 4 * row]; }
  inline void advance(int64_t stride) {
#pragma GCC unroll 4
    for (int i = 0; i < kPointers; ++i) at[i] += stride;
  }
};

/// Column k of A where its rows lie side by side.
template <typename T> struct PackedRows {
  const T* at;

  inline T operator[](int r) const { return at[r]; }
  inline void advance(int64_t stride) { at += stride; }
};

/// `vectors` is 1 where the tile is so narrow that its second vector would hold nothing.
template <typename T, typename Step, int rows, int vectors, typename A> inline void tile_of(const TileArguments<T>& t, A a) {
  constexpr int lanes = kLanes<T>;
  Vector<T> sum[rows][vectors];
#pragma GCC unroll 16
  for (int r = 0; r < rows; ++r) {
    // The result is wanted only after the sums: its lines arrive meanwhile.
    __builtin_prefetch(t.c + r * t.c_stride, 1);
    if (vectors == 2) __builtin_prefetch(t.c + r * t.c_stride + t.columns - 1, 1);
    for (int v = 0; v < vectors; ++v) sum[r][v] = Vector<T>{};
  }
  const T* const b = t.b;
  const int64_t* const offsets = t.b_offsets;
  const int64_t depth = t.depth, a_stride = t.a_stride;
  for (int64_t k = 0; k < depth; ++k, a.advance(a_stride)) {
    const T* row = b + offsets[k];
    Vector<T> values[vectors];
    for (int v = 0; v < vectors; ++v) values[v] = load(row + v * lanes);
#pragma GCC unroll 16
    for (int r = 0; r < rows; ++r) {
      const Vector<T> value = broadcast(a[r]);
      for (int v = 0; v < vectors; ++v) sum[r][v] = Step::template of<T>(value, values[v], sum[r][v]);
    }
  }
  // What there is to add is asked once, not row by row: of short sums these questions would be a fifth of the time.
  const auto finish = [&](int v, int64_t count, auto&& get, auto&& put) __attribute__((always_inline)) {
    T* const c = t.c + v * lanes;
    const int64_t stride = t.c_stride;
    const auto each = [&](auto&& add) __attribute__((always_inline)) {
#pragma GCC unroll 16
      for (int r = 0; r < rows; ++r) put(c + r * stride, add(r, sum[r][v]), count);
    };
    const T* const row_bias = t.row_bias;
    Vector<T> column_bias = {};
    if (t.column_bias) column_bias = get(t.column_bias + v * lanes, count);
    if (t.accumulate && (row_bias || t.column_bias)) {
      each([&](int r, Vector<T> s) {
        if (row_bias) s += broadcast(row_bias[r]);
        if (t.column_bias) s += column_bias;
        return s + get(c + r * stride, count);
      });
    } else if (t.accumulate) {
      each([&](int r, Vector<T> s) { return s + get(c + r * stride, count); });
    } else if (row_bias && t.column_bias) {
      each([&](int r, Vector<T> s) { return s + broadcast(row_bias[r]) + column_bias; });
    } else if (row_bias) {
      each([&](int r, Vector<T> s) { return s + broadcast(row_bias[r]); });
    } else if (t.column_bias) {
      each([&](int, Vector<T> s) { return s + column_bias; });
    } else {
      each([](int, Vector<T> s) { return s; });
    }
  };
#pragma GCC unroll 2
  for (int v = 0; v < vectors; ++v) {
    const int64_t count = t.columns - v * lanes;
    if (count >= lanes)
      finish(
          v, lanes, [](const T* from, int64_t) { return load(from); },
          [](T* to, Vector<T> value, int64_t) { store(to, value); });
    else if (count > 0)
      finish(
          v, count, [](const T* from, int64_t n) { return load_first(from, n); },
          [](T* to, Vector<T> value, int64_t n) { store_first(to, value, n); });
  }
}

template <typename T, typename Step, int rows, int vectors> void packed_tile(const TileArguments<T>& t) {
  tile_of<T, Step, rows, vectors>(t, PackedRows<T>{t.a});
}
template <typename T, int rows, int vectors> void direct_tile(const TileArguments<T>& t) {
  tile_of<T, MultiplyAdd, rows, vectors>(t, Rows<T, rows>(t.a, t.a_row));
}

template <int... number> struct Numbers {};
template <int count, int... number> struct NumbersBelow : NumbersBelow<count - 1, count - 1, number...> {};
template <int... number> struct NumbersBelow<0, number...> { typedef Numbers<number...> type; };

/// The tiles of 1 to kTileRows rows and `vectors` vectors.
template <typename T, typename Step, int vectors, typename Below = typename NumbersBelow<kTileRows>::type> struct Tiles;
template <typename T, typename Step, int vectors, int... below> struct Tiles<T, Step, vectors, Numbers<below...>> {
  typedef void (*Tile)(const TileArguments<T>&);
  static constexpr Tile packed[] = {packed_tile<T, Step, below + 1, vectors>...};
  static constexpr Tile direct[] = {direct_tile<T, below + 1, vectors>...};
};

template <typename T, typename Step = MultiplyAdd> void tile(const TileArguments<T>& t) {
  if constexpr (std::is_same_v<Step, MultiplyAdd>) {
    if (t.a_row != 1) return (t.columns > kLanes<T> ? Tiles<T, Step, 2>::direct : Tiles<T, Step, 1>::direct)[t.rows - 1](t);
  }
  (t.columns > kLanes<T> ? Tiles<T, Step, 2>::packed : Tiles<T, Step, 1>::packed)[t.rows - 1](t);
}

template <typename T, int distance, int... lane>
inline void exchange(Vector<T>& a, Vector<T>& b, Numbers<lane...>) {
  constexpr int lanes = kLanes<T>;
  const Vector<T> first = __builtin_shufflevector(a, b, ((lane & distance) == 0 ? lane : lanes + lane - distance)...);
  b = __builtin_shufflevector(a, b, ((lane & distance) == 0 ? lane + distance : lanes + lane)...);
  a = first;
}

/// Transposes a square of kLanes rows: exchanges the off-diagonal blocks of every size from `distance` down.
template <typename T, int distance> inline void transpose(Vector<T> (&rows)[kLanes<T>]) {
  if constexpr (distance > 0) {
#pragma GCC unroll 16
    for (int r = 0; r < kLanes<T>; ++r)
      if ((r & distance) == 0)
        exchange<T, distance>(rows[r], rows[r + distance], typename NumbersBelow<kLanes<T>>::type{});
    transpose<T, distance / 2>(rows);
  }
}

/// Line k of `width` elements of a packed panel. Where a line is all of the panel's height, what a whole vector writes beyond it
/// belongs to the next line, which is written next: that is quicker than a masked store.
template <typename T>
inline void store_line(T* to, int64_t height, int64_t width, int64_t depth, int64_t k, Vector<T> value) {
  const bool is_whole = width == kLanes<T> || (width == height && k * height + kLanes<T> <= depth * height);
  if (is_whole) store(to + k * height, value);
  else store_first(to + k * height, value, width);
}

/// to[k·height + r] = from[r·row_stride + k] for the `rows` <= kLanes rows of a panel, 0 for rows <= r < width.
template <typename T>
inline void pack_transposed(T* to, int64_t height, const T* from, int64_t row_stride, int64_t rows, int64_t width,
                            int64_t depth) {
  constexpr int lanes = kLanes<T>;
  for (int64_t k = 0; k < depth; k += lanes) {
    const int64_t count = depth - k < lanes ? depth - k : lanes;
    Vector<T> square[lanes];
#pragma GCC unroll 16
    for (int r = 0; r < lanes; ++r) {
      if (r >= rows) square[r] = Vector<T>{};
      else if (count == lanes) square[r] = load(from + r * row_stride + k);
      else square[r] = load_first(from + r * row_stride + k, count);
    }
    transpose<T, lanes / 2>(square);
#pragma GCC unroll 16
    for (int j = 0; j < lanes; ++j)
      if (j < count) store_line(to, height, width, depth, k + j, square[j]);
  }
}

template <typename T>
void pack(T* to, int64_t height, const T* from, int64_t row_stride, int64_t depth_stride, int64_t rows, int64_t depth) {
  constexpr int lanes = kLanes<T>;
  if (row_stride == 1 && height == 2 * lanes && rows >= height) {
    // Both vectors of a line at once: their line of the cache may be gone before a second pass.
    for (int64_t k = 0; k < depth; ++k) {
      const T* source = from + k * depth_stride;
      __builtin_prefetch(source + kAhead * depth_stride);
      __builtin_prefetch(source + kAhead * depth_stride + lanes);
      const Vector<T> first = load(source), second = load(source + lanes);
      store(to + k * height, first);
      store(to + k * height + lanes, second);
    }
  } else if (row_stride == 1) {
    for (int64_t r = 0; r < height; r += lanes) {
      const int64_t width = height - r < lanes ? height - r : lanes;
      const int64_t count = rows - r < width ? rows - r : width;
      const T* source = from + r;
      T* target = to + r;
      if (count == lanes) {
        for (int64_t k = 0; k < depth; ++k) store(target + k * height, load(source + k * depth_stride));
      } else if (count > 0) {
        for (int64_t k = 0; k < depth; ++k)
          store_line(target, height, width, depth, k, load_first(source + k * depth_stride, count));
      } else {
        for (int64_t k = 0; k < depth; ++k) store_line(target, height, width, depth, k, Vector<T>{});
      }
    }
  } else if (depth_stride == 1) {
    for (int64_t r = 0; r < height; r += lanes)
      pack_transposed(to + r, height, from + r * row_stride, row_stride, rows - r,
                      height - r < lanes ? height - r : int64_t{lanes}, depth);
  } else {
    for (int64_t k = 0; k < depth; ++k)
      for (int64_t r = 0; r < height; ++r) to[k * height + r] = r < rows ? from[r * row_stride + k * depth_stride] : T{0};
  }
}

template <typename T>
void transposed(T* to, int64_t to_stride, const T* from, int64_t from_stride, int64_t rows, int64_t columns) {
  constexpr int64_t lanes = kLanes<T>;
  for (int64_t r = 0; r < rows; r += lanes) {
    const int64_t width = rows - r < lanes ? rows - r : lanes;
    pack_transposed(to + r, to_stride, from + r * from_stride, from_stride, width, width, columns);
  }
}

/// Adds up the lanes until 16 bytes are left.
template <typename T> inline Quarter<T> fold(Vector<T> v) {
  if constexpr (sizeof v / sizeof(T) == 16) {
    const auto half = __builtin_shufflevector(v, v, 0, 1, 2, 3, 4, 5, 6, 7) +
                      __builtin_shufflevector(v, v, 8, 9, 10, 11, 12, 13, 14, 15);
    return __builtin_shufflevector(half, half, 0, 1, 2, 3) + __builtin_shufflevector(half, half, 4, 5, 6, 7);
  } else if constexpr (sizeof v / sizeof(T) == 8 && sizeof(T) == 8) {
    const auto half = __builtin_shufflevector(v, v, 0, 1, 2, 3) + __builtin_shufflevector(v, v, 4, 5, 6, 7);
    return __builtin_shufflevector(half, half, 0, 1) + __builtin_shufflevector(half, half, 2, 3);
  } else if constexpr (sizeof v / sizeof(T) == 8) {
    return __builtin_shufflevector(v, v, 0, 1, 2, 3) + __builtin_shufflevector(v, v, 4, 5, 6, 7);
  } else if constexpr (sizeof v / sizeof(T) == 4 && sizeof(T) == 8) {
    return __builtin_shufflevector(v, v, 0, 1) + __builtin_shufflevector(v, v, 2, 3);
  } else {
    return v;
  }
}

/// The lane sums of four vectors, in one fixed order.
template <typename T> inline typename VectorOf<T, 4 * sizeof(T)>::type sum_lanes(const Vector<T> (&v)[kDotColumns]) {
  const Quarter<T> q0 = fold<T>(v[0]), q1 = fold<T>(v[1]), q2 = fold<T>(v[2]), q3 = fold<T>(v[3]);
  if constexpr (sizeof(T) == 4) {
    const Quarter<T> s01 = __builtin_shufflevector(q0, q1, 0, 4, 1, 5) + __builtin_shufflevector(q0, q1, 2, 6, 3, 7);
    const Quarter<T> s23 = __builtin_shufflevector(q2, q3, 0, 4, 1, 5) + __builtin_shufflevector(q2, q3, 2, 6, 3, 7);
    return __builtin_shufflevector(s01, s23, 0, 1, 4, 5) + __builtin_shufflevector(s01, s23, 2, 3, 6, 7);
  } else {
    const Quarter<T> s01 = __builtin_shufflevector(q0, q1, 0, 2) + __builtin_shufflevector(q0, q1, 1, 3);
    const Quarter<T> s23 = __builtin_shufflevector(q2, q3, 0, 2) + __builtin_shufflevector(q2, q3, 1, 3);
    return __builtin_shufflevector(s01, s23, 0, 1, 2, 3);
  }
}

template <typename T, int rows> void dot_of(const DotArguments<T>& d) {
  constexpr int lanes = kLanes<T>;
  Vector<T> sum[rows][kDotColumns];
#pragma GCC unroll 16
  for (int r = 0; r < rows; ++r)
    for (int j = 0; j < kDotColumns; ++j) sum[r][j] = Vector<T>{};
  // A tile with fewer columns computes its last one several times and stores it once.
  const int last = d.columns - 1;
  const T* const b0 = d.b + d.b_offsets[0];
  const T* const b1 = d.b + d.b_offsets[last < 1 ? last : 1];
  const T* const b2 = d.b + d.b_offsets[last < 2 ? last : 2];
  const T* const b3 = d.b + d.b_offsets[last < 3 ? last : 3];
  const T* const a = d.a;
  const int64_t a_stride = d.a_stride, whole = d.depth - d.depth % lanes;
  const auto step = [&](int64_t k, auto&& get) __attribute__((always_inline)) {
    Vector<T> value[rows];
#pragma GCC unroll 16
    for (int r = 0; r < rows; ++r) value[r] = get(a + r * a_stride + k);
    const T* const columns[kDotColumns] = {b0, b1, b2, b3};
#pragma GCC unroll 4
    for (int j = 0; j < kDotColumns; ++j) {
      const Vector<T> b = get(columns[j] + k);
#pragma GCC unroll 16
      for (int r = 0; r < rows; ++r) sum[r][j] = multiply_add<T>(value[r], b, sum[r][j]);
    }
  };
  for (int64_t k = 0; k < whole; k += lanes) step(k, [](const T* from) { return load(from); });
  if (const int64_t rest = d.depth - whole; rest > 0)
    step(whole, [rest](const T* from) { return load_first(from, rest); });
#pragma GCC unroll 16
  for (int r = 0; r < rows; ++r) {
    typedef typename VectorOf<T, kDotColumns * sizeof(T)>::type Sums;
    Sums sums = sum_lanes<T>(sum[r]);
    if (d.row_bias) sums += d.row_bias[r];
    T* c = d.c + r * d.c_stride;
    const auto add = [&](const T* from, size_t bytes) __attribute__((always_inline)) {
      Sums more = {};
      std::memcpy(&more, from, bytes);
      sums += more;
    };
    const auto finish = [&](size_t bytes) __attribute__((always_inline)) {
      if (d.column_bias) add(d.column_bias, bytes);
      if (d.accumulate) add(c, bytes);
      std::memcpy(c, &sums, bytes);
    };
    if (d.columns == kDotColumns) finish(sizeof sums);
    else finish(static_cast<size_t>(d.columns) * sizeof(T));
  }
}

template <typename T, int most> void dot(const DotArguments<T>& d) {
  if constexpr (most > 1) {
    if (d.rows < most) return dot<T, most - 1>(d);
  }
  dot_of<T, most>(d);
}

template <typename T, int rows> void lines_of(const LineArguments<T>& t) {
  constexpr int columns = rows == 1 ? kLonelyLineColumns : kLineColumns;
  constexpr int lanes = kLanes<T>;
  Vector<T> sum[rows][columns] = {};
  // Columns that are not there compute the last one again.
  const T* b[columns];
#pragma GCC unroll 16
  for (int j = 0; j < columns; ++j) b[j] = t.b + t.b_offsets[j < t.columns ? j : t.columns - 1];
  const int64_t whole = t.length - t.length % lanes, rest = t.length - whole;
  for (int64_t line = 0; line < t.lines; ++line) {
    const T* a = t.a + line * t.a_line;
    const int64_t at = line * t.b_line;
    const auto step = [&](int64_t k, auto&& get) __attribute__((always_inline)) {
      Vector<T> value[rows];
#pragma GCC unroll 4
      for (int r = 0; r < rows; ++r) value[r] = get(a + r * t.a_stride + k);
#pragma GCC unroll 16
      for (int j = 0; j < columns; ++j) {
        const Vector<T> x = get(b[j] + at + k);
#pragma GCC unroll 4
        for (int r = 0; r < rows; ++r) sum[r][j] = multiply_add<T>(value[r], x, sum[r][j]);
      }
    };
    for (int64_t k = 0; k < whole; k += lanes) step(k, [](const T* from) { return load(from); });
    if (rest > 0) step(whole, [rest](const T* from) { return load_first(from, rest); });
  }
#pragma GCC unroll 4
  for (int r = 0; r < rows; ++r)
#pragma GCC unroll 16
    for (int j = 0; j < columns; ++j)
      if (j < t.columns) {
        T* to = t.sums + (r * t.sums_stride + j) * lanes;
        store(to, load(to) + sum[r][j]);
      }
}

template <typename T, int most = kLineRows> void lines(const LineArguments<T>& t) {
  if constexpr (most > 1) {
    if (t.rows < most) return lines<T, most - 1>(t);
  }
  lines_of<T, most>(t);
}

/// The bits of a float rounded to bfloat16, ties to even; a NaN stays one.
inline uint32_t rounded_bits(uint32_t bits) {
  const uint32_t rounded = (bits + 0x7FFFu + ((bits >> 16) & 1u)) & 0xFFFF0000u;
  return (bits & 0x7FFFFFFFu) > 0x7F800000u ? (bits & 0xFFFF0000u) | 0x00400000u : rounded;
}

inline void round(float* values, int64_t count) {
  for (int64_t i = 0; i < count; ++i) {
    uint32_t bits;
    std::memcpy(&bits, values + i, sizeof bits);
    bits = rounded_bits(bits);
    std::memcpy(values + i, &bits, sizeof bits);
  }
}
inline void round(double*, int64_t) {}

inline constexpr int kPeakSums = kBytes == 64 ? 24 : kBytes == 32 ? 12 : 8;

template <typename T> T peak(int64_t rounds) {
  // Read from memory, so that nothing is known about them; the sums stay near 1.
  static const volatile T kFactor = static_cast<T>(0.5), kTerm = static_cast<T>(0.5);
  const Vector<T> factor = broadcast<T>(kFactor), term = broadcast<T>(kTerm);
  Vector<T> sums[kPeakSums];
#pragma GCC unroll 32
  for (int i = 0; i < kPeakSums; ++i) sums[i] = term + static_cast<T>(i);
  for (int64_t round = 0; round < rounds; ++round) {
#pragma GCC unroll 32
    for (int i = 0; i < kPeakSums; ++i) sums[i] = multiply_add<T>(sums[i], factor, term);
  }
  Vector<T> sum = sums[0];
#pragma GCC unroll 32
  for (int i = 1; i < kPeakSums; ++i) sum += sums[i];
  return sum[0];
}

template <typename T> constexpr ProductKernels<T> kernels() {
  return {kTileRows, 2 * kLanes<T>, tile<T>, kDotRows, kDotColumns, dot<T, kDotRows>, pack<T>, transposed<T>, kLanes<T>,
          kLineRows, kLineColumns, kLonelyLineColumns, lines<T>, round, peak<T>, 2.0 * kPeakSums * kLanes<T>};
}

}  // namespace product_simd
}  // namespace
}  // namespace lazuli
