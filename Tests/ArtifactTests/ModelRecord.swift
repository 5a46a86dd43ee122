/// The words of section MODL, as the format describes them.
enum ModelRecord {
    typealias Number = (name: String, word: Int, bad: [UInt32])
    typealias Pointer = (word: Int, name: String)

    /// The first word of a layer's record.
    static func layer(_ index: Int) -> Int { 25 + 25 * index }

    private static let bodyTensors: [Pointer] = [
        (13, "embedder.token"), (14, "embedder.position"), (15, "embedder.token_expander"),
        (16, "embedder.position_expander"), (17, "embedder.segment"), (18, "embedder.token_multiplier"),
        (19, "embedder.position_multiplier"), (21, "classifier.weight"), (22, "classifier.bias"),
        (23, "classifier.multiplier"),
    ]

    private static let layerTensors: [Pointer] = [
        (4, "query.weight"), (5, "query.bias"), (6, "query.multiplier"), (12, "attention.weight"),
        (13, "attention.multiplier"), (14, "convolution.weight"), (15, "convolution.bias"),
        (16, "convolution.multiplier"), (18, "activation.table"), (21, "contract.weight"),
        (22, "contract.multiplier"), (23, "output.bias"),
    ]

    /// The words that are offsets, and the names of the tensors that they point to.
    static func tensors(layers: Int) -> [Pointer] {
        var all = bodyTensors
        for index in 0..<layers {
            for (word, name) in layerTensors { all.append((layer(index) + word, "layers.\(index).\(name)")) }
        }
        return all
    }

    private static let bodyNumbers: [Number] = [
        ("family", 0, [0, 2]), ("head", 1, [0, 2]), ("task", 2, [0, 3]), ("vocabulary", 3, [0, 65536, .max]),
        ("max_length", 4, [0, 16385, .max]), ("hidden", 5, [0, 31, 65, 1025, .max]),
        ("inner", 6, [0, 31, 33, 4128, .max]), ("kernel", 7, [0, 1025, .max]), ("outputs", 8, [0, 4097, .max]),
        ("layers", 9, [0, 1, 3, 65, .max]), ("reduced", 12, [0, 1025, .max]), ("embedder's shift", 20, [0, 63, .max]),
        ("classifier's shift", 24, [0, 63, .max]),
    ]

    private static let layerNumbers: [Number] = [
        ("epsilon", 1, [0x4000_0000, .max]), ("norm's multiplier", 2, [0x8000_0000, .max]),
        ("norm's shift", 3, [0, 32, .max]), ("query's shift", 7, [0, 30, 63, .max]),
        ("softmax's multiplier", 8, [0x8000_0000]), ("softmax's shift", 9, [0, 63]),
        ("context's multiplier", 10, [0x8000_0000]), ("context's shift", 11, [0, 32]),
        ("convolution's shift", 17, [0, 30, 63]), ("activation's bits", 19, [0, 13, 32, .max]),
        ("activation's zero", 20, [512, .max]), ("output's shift", 24, [0, 63]),
    ]

    /// Numbers in the record, each with values that are out of range for the tiny model.
    static var numbers: [Number] {
        var all = bodyNumbers
        for index in 0..<2 {
            for (name, word, bad) in layerNumbers { all.append(("layer \(index)'s \(name)", layer(index) + word, bad)) }
        }
        return all
    }
}
