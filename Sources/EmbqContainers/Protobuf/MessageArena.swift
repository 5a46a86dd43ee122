import Glibc

/// Memory for messages that are being built: every block lives until this goes out of scope.
@safe struct MessageArena: ~Copyable {
    private var blocks: [UnsafeMutableRawPointer] = unsafe []

    deinit { unsafe blocks.forEach { unsafe free($0) } }

    /// Room for values of a C type, all zero bytes.
    mutating func allocate<T: BitwiseCopyable>(_ type: T.Type, count: Int = 1) -> UnsafeMutablePointer<T> {
        // calloc fails only when memory is exhausted, where Swift stops too.
        guard let block = unsafe calloc(max(count, 1), MemoryLayout<T>.stride) else {
            preconditionFailure("out of memory")
        }
        unsafe blocks.append(block)
        return unsafe block.bindMemory(to: T.self, capacity: count)
    }

    /// The values of an array.
    mutating func copy<T: BitwiseCopyable>(_ values: [T]) -> UnsafeMutablePointer<T> {
        let start = unsafe allocate(T.self, count: values.count)
        unsafe start.update(from: values, count: values.count)
        return unsafe start
    }

    /// The text as a C string.
    ///
    /// - Precondition: it holds no NUL.
    mutating func text(_ text: String) -> UnsafeMutablePointer<CChar> {
        let start = unsafe allocate(CChar.self, count: text.utf8.count + 1)
        for (index, byte) in text.utf8.enumerated() { unsafe start[index] = CChar(bitPattern: byte) }
        return unsafe start
    }
}
