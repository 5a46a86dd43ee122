/// An embedding table and the matrix that expands it, quantized together.
struct ExpandedTable {
    /// `[rows, r]`, one scale for all rows.
    let table: QuantizedMatrix
    /// Present where the rows have fewer than 8 bits.
    let packing: PackedTable?
    /// What 1 in a column of the table stands for, `[r]`.
    let columns: [Double]
    /// int8 `[D, r]`; its scales include the table's.
    let expander: QuantizedMatrix

    /// Each of the r columns of the table gets its own scale, which the expander's column takes over for free.
    init(_ table: [Float], rows: Int, _ expander: [Float], _ width: Int) {
        let r = table.count / rows
        var largest = [Float](repeating: 0, count: r)
        for i in table.indices { largest[i % r] = max(largest[i % r], abs(table[i])) }
        let scales = largest.map { max(Double($0) / 127, 1e-30) }
        let values = table.indices.map { Int8((Double(table[$0]) / scales[$0 % r]).rounded()) }
        let ones = [Double](repeating: 1, count: rows)
        self.init(
            QuantizedMatrix(outputs: rows, inputs: r, values: values, scales: ones), columns: scales, expander, width)
    }

    /// - Parameter columns: the scale of each column.
    init(
        _ table: QuantizedMatrix, columns: [Double], _ expander: [Float], _ width: Int, packing: PackedTable? = nil
    ) {
        self.table = table
        self.packing = packing
        self.columns = columns
        let r = table.inputs
        self.expander = QuantizedMatrix(
            expander.indices.map { Float(Double(expander[$0]) * columns[$0 % r]) }, outputs: width, inputs: r)
    }

    /// The root mean square of each column.
    static func columnDeviations(_ table: [Float], rows: Int) -> [Double] {
        let r = table.count / rows
        var squares = [Double](repeating: 0, count: r)
        for i in table.indices { squares[i % r] += Double(table[i]) * Double(table[i]) }
        return squares.map { max(($0 / Double(rows)).squareRoot(), 1e-30) }
    }

    /// The largest magnitude that row `d` of the expander can give.
    func reach(_ d: Int) -> Double { expander.scales[d] * Double(127 * expander.magnitude(row: d)) }
}
