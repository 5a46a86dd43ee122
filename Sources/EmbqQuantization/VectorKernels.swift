// Arrays eight lanes at a time. Ranges are checked once; the pointers stay inside them.

import EmbqCore

/// `Σ a[aStart + i] · b[bStart + i]` over `count` elements.
func dot(_ a: [Float], _ aStart: Int, _ b: [Float], _ bStart: Int, count: Int) -> Float {
    precondition(aStart >= 0 && bStart >= 0 && count >= 0 && aStart + count <= a.count && bStart + count <= b.count)
    return unsafe a.withUnsafeBufferPointer { a in
        unsafe b.withUnsafeBufferPointer { b in
            var lanes = SIMD8<Float>.zero
            var i = 0
            while i + 8 <= count {
                unsafe lanes += eight(a, aStart + i) * eight(b, bStart + i)
                i += 8
            }
            var sum = lanes.sum()
            while i < count {
                unsafe sum += a[aStart + i] * b[bStart + i]
                i += 1
            }
            return sum
        }
    }
}

/// `y[i] += factor · x[start + i]` over `count` elements.
func add(_ factor: Float, _ x: [Float], _ start: Int, to y: inout [Float], count: Int) {
    precondition(start >= 0 && count >= 0 && start + count <= x.count && count <= y.count)
    unsafe x.withUnsafeBufferPointer { x in
        unsafe y.withUnsafeMutableBufferPointer { y in
            for i in 0..<count { unsafe y[i] += factor * x[start + i] }
        }
    }
}

/// The smallest and the largest of some values, none of which is NaN or infinite: then nil.
///
/// Zeros have no sign, so that the extremes' bits do not tell which of them came first. Of no values, +∞ and -∞.
func extremes(of values: [Float], in range: Range<Int>) -> (minimum: Float, maximum: Float)? {
    precondition(range.lowerBound >= 0 && range.upperBound <= values.count)
    return unsafe values.withUnsafeBufferPointer { values in
        var low = SIMD8<Float>(repeating: .infinity)
        var high = SIMD8<Float>(repeating: -.infinity)
        var top = SIMD8<UInt32>.zero
        var i = range.lowerBound
        while i + 8 <= range.upperBound {
            let next = unsafe eight(values, i)
            low.replace(with: next, where: next .< low)
            high.replace(with: next, where: next .> high)
            let bits = magnitudeBits(next)
            top.replace(with: bits, where: bits .> top)
            i += 8
        }
        var (minimum, maximum, bits) = (low.min(), high.max(), top.max())
        while i < range.upperBound {
            let value = unsafe values[i]
            (minimum, maximum) = (min(minimum, value), max(maximum, value))
            bits = max(bits, value.magnitude.bitPattern)
            i += 1
        }
        return bits < Float.infinity.bitPattern ? (minimum + 0, maximum + 0) : nil
    }
}

/// `maxima[c] = max(maxima[c], |row[c]|)` for each row of finite values, fp32 `[rows, maxima.count]`.
func raise(_ maxima: inout [Float], toMagnitudesOf values: [Float]) {
    let width = maxima.count
    precondition(width > 0 && values.count % width == 0)
    unsafe values.withUnsafeBufferPointer { values in
        unsafe maxima.withUnsafeMutableBufferPointer { maxima in
            var channel = 0
            while channel + 8 <= width {
                var top = unsafe magnitudeBits(eight(UnsafeBufferPointer(maxima), channel))
                for start in stride(from: channel, to: values.count, by: width) {
                    let bits = unsafe magnitudeBits(eight(values, start))
                    top.replace(with: bits, where: bits .> top)
                }
                for lane in 0..<8 { unsafe maxima[channel + lane] = Float(bitPattern: top[lane]) }
                channel += 8
            }
            while channel < width {
                for start in stride(from: channel, to: values.count, by: width) {
                    unsafe maxima[channel] = max(maxima[channel], abs(values[start]))
                }
                channel += 1
            }
        }
    }
}

/// Counts finite values in equal bins, of which the middle one begins at 0: `counts[⌊value / width⌋ + count / 2]`.
///
/// Exact for every float: a value next to an edge is counted on its own side of it, and a negative one that is too
/// small for a product with 1 / width is counted below 0.
///
/// - Parameter exponent: of the bins' width, 2^exponent. All values lie in the bins, of which there are at most 2^22.
func tally(_ values: [Float], binWidthExponent exponent: Int, in counts: inout [UInt64]) {
    let width = Float(sign: .plus, exponent: exponent, significand: 1)
    let inverse = Float(sign: .plus, exponent: -exponent, significand: 1)
    // A sum with it is rounded to a whole number, which then stands in its low bits.
    let magic: Float = 0x1.8p23
    let offset = Int32(counts.count / 2) &- Int32(bitPattern: magic.bitPattern)
    unsafe values.withUnsafeBufferPointer { values in
        unsafe counts.withUnsafeMutableBufferPointer { counts in
            func bins(_ values: SIMD8<Float>) -> SIMD8<Int32> {
                let sum = values * inverse + magic
                let nearest = unsafe unsafeBitCast(sum, to: SIMD8<Int32>.self) &+ offset
                return nearest.replacing(with: nearest &- 1, where: values .< (sum - magic) * width)
            }
            var i = 0
            while i + 8 <= values.count {
                let found = unsafe bins(eight(values, i))
                for lane in 0..<8 { unsafe counts[Int(found[lane])] &+= 1 }
                i += 8
            }
            while i < values.count {
                unsafe counts[Int(bins(SIMD8(repeating: values[i]))[0])] &+= 1
                i += 1
            }
        }
    }
}

/// Bits of |x|, which are ordered as |x| is, and above every finite one's where x is NaN or infinite.
@inline(__always)
private func magnitudeBits(_ values: SIMD8<Float>) -> SIMD8<UInt32> {
    unsafe unsafeBitCast(values, to: SIMD8<UInt32>.self) & 0x7fff_ffff
}

@inline(__always)
private func eight(_ values: UnsafeBufferPointer<Float>, _ start: Int) -> SIMD8<Float> {
    unsafe SIMD8(loading: values.baseAddress.unsafelyUnwrapped + start)
}
