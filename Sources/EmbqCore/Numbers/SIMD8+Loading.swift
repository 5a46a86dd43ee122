extension SIMD8<Float> {
    /// Eight numbers from an address of any alignment.
    @inlinable
    @inline(__always)
    package init(loading pointer: UnsafePointer<Float>) {
        // Holds: a caller's pointer has eight numbers behind it.
        self = unsafe UnsafeRawPointer(pointer).loadUnaligned(as: SIMD8<Float>.self)
    }
}
