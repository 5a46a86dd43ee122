// Sums over arrays eight lanes at a time. Ranges are checked once; the pointers stay inside them.

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

@inline(__always)
private func eight(_ values: UnsafeBufferPointer<Float>, _ start: Int) -> SIMD8<Float> {
    unsafe UnsafeRawBufferPointer(values).loadUnaligned(fromByteOffset: start * 4, as: SIMD8<Float>.self)
}
