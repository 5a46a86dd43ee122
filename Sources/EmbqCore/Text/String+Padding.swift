extension String {
    /// Filled with spaces on the right.
    package func padded(to width: Int) -> String { self + String(repeating: " ", count: max(0, width - count)) }

    /// Filled with spaces on the left.
    package func aligned(to width: Int) -> String { String(repeating: " ", count: max(0, width - count)) + self }
}
