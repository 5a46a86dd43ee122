extension [Int] {
    /// The index in each dimension of the `flat`-th value of a row-major tensor with this shape.
    package func index(of flat: Int) -> [Int] {
        var rest = flat
        var index: [Int] = []
        for size in reversed() where size > 0 {
            index.append(rest % size)
            rest /= size
        }
        return index.reversed()
    }
}
