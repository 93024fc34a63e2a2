// The register tiles of product_kernels.h, written once with vector extensions. Included only through product_kernels_simd.h.
#pragma once

#include "vectors_simd.h"

namespace lazuli {
namespace {
namespace product_simd {

#if defined(__AVX512F__)
inline constexpr int kTileRows = 14;
#elif defined(__AVX2__)
inline constexpr int kTileRows = 6;
#elif defined(__ARM_NEON)
inline constexpr int kTileRows = 12;
#else
inline constexpr int kTileRows = 4;
#endif

/// So many steps of the depth are written out: with few registers a step is so short that moving on to the next one would be a fifth
/// of its instructions, which count where a core decodes for another program as well.
#if defined(__AVX2__) && !defined(__AVX512F__)
template <int rows> inline constexpr int kSteps = rows > kTileRows / 2 ? 4 : 1;
#else
template <int rows> inline constexpr int kSteps = 1;
#endif

struct MultiplyAdd {
  template <typename T> static inline Vector<T> of(Vector<T> a, Vector<T> b, Vector<T> c) {
#if defined(__AVX2__) && !defined(__AVX512F__)
    // Adds to the register of the sum: over several steps the compiler's own choice moves sums about.
    if constexpr (sizeof(T) == 4) asm("vfmadd231ps %2, %1, %0" : "+x"(c) : "x"(a), "x"(b));
    else asm("vfmadd231pd %2, %1, %0" : "+x"(c) : "x"(a), "x"(b));
    return c;
#else
    return multiply_add<T>(a, b, c);
#endif
  }
};

/// The element `count` strides from `at`, count < 4 and known: one address of a base and a register.
template <typename T> inline const T* strides_on(const T* at, int64_t stride, int64_t three_strides, int count) {
  return at + (count == 3 ? three_strides : count * stride);
}

/// A's rows as they lie, each contiguous along the depth: each fourth row has a pointer, so that all addresses stay in registers.
template <typename T, int rows> struct Rows {
  static constexpr int kPointers = (rows + 3) / 4;
  const T* at[kPointers];
  int64_t row, three_rows;

  inline Rows(const T* a, int64_t a_row) : row(a_row), three_rows(3 * a_row) {
    for (int i = 0; i < kPointers; ++i) at[i] = a + 4 * i * a_row;
  }
  inline T get(int step, int r) const { return strides_on(at[r / 4], row, three_rows, r % 4)[step]; }
  template <int steps> inline void advance() {
#pragma GCC unroll 4
    for (int i = 0; i < kPointers; ++i) at[i] += steps;
  }
};

/// A where its rows lie side by side.
template <typename T> struct PackedRows {
  const T* at;
  int64_t stride, three_strides;

  inline PackedRows(const T* a, int64_t a_stride) : at(a), stride(a_stride), three_strides(3 * a_stride) {}
  inline T get(int step, int r) const { return strides_on(at, stride, three_strides, step)[r]; }
  template <int steps> inline void advance() { at += steps * stride; }
};

/// Where one tile of a strip begins.
template <typename T> struct Place {
  const T* a;
  const T* b;
  T* c;
  const T* row_bias;
  const T* column_bias;
  const char* ahead;

  explicit Place(const TileArguments<T>& t)
      : a(t.a), b(t.b), c(t.c), row_bias(t.row_bias), column_bias(t.column_bias), ahead(static_cast<const char*>(t.ahead)) {}
  inline void advance(const TileArguments<T>& t) {
    a += t.a_step, b += t.b_step, c += t.c_step;
    if (row_bias) row_bias += t.row_bias_step;
    if (column_bias) column_bias += t.column_bias_step;
    if (ahead) ahead += t.ahead_step;
  }
};

/// Lines of B that lie evenly: nothing is looked up, and with each one something more is asked for that lies in an outer cache: what the
/// caller wants next, or a later line of this tile or of a later one.
template <typename T> struct EvenLines {
  static constexpr int kAheadLines = 4;
  const T* at;
  int64_t stride, three_strides;
  const char* ahead;
  int64_t ahead_stride, three_aheads;

  EvenLines(const TileArguments<T>& t, const Place<T>& place)
      : at(place.b), stride(t.b_stride), three_strides(3 * t.b_stride),
        ahead(place.ahead ? place.ahead : reinterpret_cast<const char*>(place.b + kAheadLines * stride)),
        ahead_stride(place.ahead ? t.ahead_stride : stride * static_cast<int64_t>(sizeof(T))), three_aheads(3 * ahead_stride) {}
  inline const T* get(int step) const { return strides_on(at, stride, three_strides, step); }
  template <int vectors> inline void prefetch(int step) const {
    for (int v = 0; v < vectors * kVectorBytes; v += 64) __builtin_prefetch(strides_on(ahead, ahead_stride, three_aheads, step) + v);
  }
  template <int steps> inline void advance() { at += steps * stride, ahead += steps * ahead_stride; }
};

/// Lines of B each at an offset of its own.
template <typename T> struct ScatteredLines {
  const T* from;
  const int64_t* offset;

  ScatteredLines(const TileArguments<T>& t, const Place<T>& place) : from(place.b), offset(t.b_offsets) {}
  inline const T* get(int step) const { return from + offset[step]; }
  template <int vectors> inline void prefetch(int) const {}
  template <int steps> inline void advance() { offset += steps; }
};

/// `vectors` is 1 where the tile is so narrow that its second vector would hold nothing.
template <typename T, typename Step, int rows, int vectors, typename A, typename Lines>
[[gnu::always_inline]] inline void tile_of(const TileArguments<T>& t, const Place<T>& place, A a, Lines lines_of_b) {
  constexpr int lanes = kLanes<T>;
  Vector<T> sum[rows][vectors];
#pragma GCC unroll 16
  for (int r = 0; r < rows; ++r) {
    // The result is wanted only after the sums: its lines arrive meanwhile.
    __builtin_prefetch(place.c + r * t.c_stride, 1);
    if (vectors == 2) __builtin_prefetch(place.c + r * t.c_stride + t.columns - 1, 1);
    for (int v = 0; v < vectors; ++v) sum[r][v] = Vector<T>{};
  }
  const auto step = [&](int at) __attribute__((always_inline)) {
    const T* row = lines_of_b.get(at);
    Vector<T> values[vectors];
    for (int v = 0; v < vectors; ++v) values[v] = load(row + v * lanes);
    lines_of_b.template prefetch<vectors>(at);
#pragma GCC unroll 16
    for (int r = 0; r < rows; ++r) {
      const Vector<T> value = broadcast(a.get(at, r));
      for (int v = 0; v < vectors; ++v) sum[r][v] = Step::template of<T>(value, values[v], sum[r][v]);
    }
  };
  constexpr int steps = kSteps<rows>;
  int64_t left = t.depth;
  for (; left >= steps; left -= steps) {
#pragma GCC unroll 4
    for (int at = 0; at < steps; ++at) step(at);
    a.template advance<steps>(), lines_of_b.template advance<steps>();
  }
  for (; steps > 1 && left > 0; --left) {
    step(0);
    a.template advance<1>(), lines_of_b.template advance<1>();
  }
  // What there is to add is asked once, not row by row: of short sums these questions would be a fifth of the time.
  const auto finish = [&](int v, int64_t count, auto&& get, auto&& put) __attribute__((always_inline)) {
    T* const c = place.c + v * lanes;
    const int64_t stride = t.c_stride;
    const auto each = [&](auto&& add) __attribute__((always_inline)) {
#pragma GCC unroll 16
      for (int r = 0; r < rows; ++r) put(c + r * stride, add(r, sum[r][v]), count);
    };
    const T* const row_bias = place.row_bias;
    const T* const column_biases = place.column_bias;
    Vector<T> column_bias = {};
    if (column_biases) column_bias = get(column_biases + v * lanes, count);
    if (t.accumulate && (row_bias || column_biases)) {
      each([&](int r, Vector<T> s) {
        if (row_bias) s += broadcast(row_bias[r]);
        if (column_biases) s += column_bias;
        return s + get(c + r * stride, count);
      });
    } else if (t.accumulate) {
      each([&](int r, Vector<T> s) { return s + get(c + r * stride, count); });
    } else if (row_bias && column_biases) {
      each([&](int r, Vector<T> s) { return s + broadcast(row_bias[r]) + column_bias; });
    } else if (row_bias) {
      each([&](int r, Vector<T> s) { return s + broadcast(row_bias[r]); });
    } else if (column_biases) {
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

template <typename Lines, typename T, typename Step, int rows, int vectors> inline void packed_strip(const TileArguments<T>& t) {
  Place<T> place(t);
  for (int64_t left = t.tiles; left > 0; --left, place.advance(t))
    tile_of<T, Step, rows, vectors>(t, place, PackedRows<T>(place.a, t.a_stride), Lines(t, place));
}
template <typename T, typename Step, int rows, int vectors> void packed_tiles(const TileArguments<T>& t) {
  if (t.b_offsets == nullptr) packed_strip<EvenLines<T>, T, Step, rows, vectors>(t);
  else packed_strip<ScatteredLines<T>, T, Step, rows, vectors>(t);
}
template <typename T, int rows, int vectors> void direct_tiles(const TileArguments<T>& t) {
  Place<T> place(t);
  for (int64_t left = t.tiles; left > 0; --left, place.advance(t))
    tile_of<T, MultiplyAdd, rows, vectors>(t, place, Rows<T, rows>(place.a, t.a_row), EvenLines<T>(t, place));
}

/// The tiles of 1 to kTileRows rows and `vectors` vectors.
template <typename T, typename Step, int vectors, typename Below = typename NumbersBelow<kTileRows>::type> struct Tiles;
template <typename T, typename Step, int vectors, int... below> struct Tiles<T, Step, vectors, Numbers<below...>> {
  typedef void (*Tile)(const TileArguments<T>&);
  static constexpr Tile packed[] = {packed_tiles<T, Step, below + 1, vectors>...};
  static constexpr Tile direct[] = {direct_tiles<T, below + 1, vectors>...};
};

template <typename T, typename Step = MultiplyAdd> void tile(const TileArguments<T>& t) {
  if constexpr (std::is_same_v<Step, MultiplyAdd>) {
    if (t.a_row != 1) return (t.columns > kLanes<T> ? Tiles<T, Step, 2>::direct : Tiles<T, Step, 1>::direct)[t.rows - 1](t);
  }
  (t.columns > kLanes<T> ? Tiles<T, Step, 2>::packed : Tiles<T, Step, 1>::packed)[t.rows - 1](t);
}

}  // namespace product_simd
}  // namespace
}  // namespace lazuli
