package import EmbqCore

/// What is in an HDF5 file: its datasets and the texts that groups carry, without the values.
package struct HDF5Contents: Sendable {
    /// A dataset of numbers.
    package struct Dataset: Sendable, Equatable {
        /// Names of the groups from the root, and its own last.
        package let path: [String]
        package let dtype: DType
        /// Sizes of the dimensions, slowest first; empty for a single number.
        package let shape: [Int]
        /// Bytes of the values: row-major, little-endian.
        package let byteCount: Int

        package init?(path: [String], dtype: DType, shape: [Int]) {
            guard let count = shape.checkedProduct, let bytes = dtype.byteCount(of: count) else { return nil }
            self.path = path
            self.dtype = dtype
            self.shape = shape
            byteCount = bytes
        }
    }

    /// Texts of a group.
    package struct Attribute: Sendable, Equatable {
        /// The group's path; empty for the root.
        package let group: [String]
        package let name: String
        /// One for a single text, all of them for a list.
        package let values: [String]
        /// Whether it is a list, be it of one.
        package let isList: Bool

        package init(group: [String], name: String, values: [String], isList: Bool) {
            self.group = group
            self.name = name
            self.values = values
            self.isList = isList
        }
    }

    /// In the order of their paths in the file.
    package let datasets: [Dataset]
    package let attributes: [Attribute]

    package init(datasets: [Dataset], attributes: [Attribute]) {
        self.datasets = datasets
        self.attributes = attributes
    }
}

extension HDF5Contents {
    /// As the helper process sends it.
    package var json: JSONValue {
        func list(_ path: [String]) -> JSONValue { .array(path.map { .string($0) }) }
        return .object([
            (
                "datasets",
                .array(
                    datasets.map { dataset in
                        .array([
                            list(dataset.path), .string(dataset.dtype.rawValue),
                            .array(dataset.shape.map { .number(String($0)) }),
                        ])
                    })
            ),
            (
                "attributes",
                .array(
                    attributes.map { attribute in
                        .array([
                            list(attribute.group), .string(attribute.name), list(attribute.values),
                            .bool(attribute.isList),
                        ])
                    })
            ),
        ])
    }

    /// Reads what the helper process has sent. It may have been taken over by the file that it read, so its word is
    /// checked like a file's.
    ///
    /// - Throws: `.corrupted`.
    package init(json: JSONValue) throws(EmbqError) {
        guard let members = json.object, members.count == 2, let datasets = json["datasets"]?.array,
            let attributes = json["attributes"]?.array, datasets.count <= HDF5Limits.links
        else { throw Self.distrust("the list of its tensors has another form") }
        var found: [Dataset] = []
        found.reserveCapacity(datasets.count)
        for item in datasets { found.append(try Self.dataset(item)) }
        var texts: [Attribute] = []
        for item in attributes { texts.append(try Self.attribute(item)) }
        self.init(datasets: found, attributes: texts)
    }

    private static func dataset(_ json: JSONValue) throws(EmbqError) -> Dataset {
        guard let fields = json.array, fields.count == 3, let path = names(fields[0]), !path.isEmpty,
            let dtype = fields[1].string.flatMap(DType.init(rawValue:)), let sizes = fields[2].array
        else { throw distrust("an entry in the list of its tensors has another form") }
        let shape = sizes.compactMap(\.int)
        guard shape.count == sizes.count, shape.count <= 32,
            let dataset = Dataset(path: path, dtype: dtype, shape: shape),
            dataset.byteCount <= HDF5Limits.tensor
        else { throw distrust("the list of its tensors holds an impossible size") }
        return dataset
    }

    private static func attribute(_ json: JSONValue) throws(EmbqError) -> Attribute {
        guard let fields = json.array, fields.count == 4, let group = names(fields[0]), let name = fields[1].string,
            let values = fields[2].array, let isList = fields[3].bool
        else { throw distrust("an entry in the list of its attributes has another form") }
        let texts = values.compactMap(\.string)
        guard texts.count == values.count else { throw distrust("an attribute holds something else than texts") }
        return Attribute(group: group, name: name, values: texts, isList: isList)
    }

    private static func names(_ json: JSONValue) -> [String]? {
        guard let items = json.array, items.count <= HDF5Limits.depth + 1 else { return nil }
        let names = items.compactMap(\.string)
        guard names.count == items.count, names.allSatisfy(isName) else { return nil }
        return names
    }

    /// Whether a link's name can be a part of a tensor's name.
    static func isName(_ name: String) -> Bool {
        !name.isEmpty && name.utf8.count <= HDF5Limits.name && name != "." && name != ".."
            && !name.utf8.contains(UInt8(ascii: "/")) && !name.utf8.contains(0)
    }

    static func distrust(_ problem: String) -> EmbqError {
        EmbqError(
            .corrupted, "the process that reads HDF5 answered wrongly: \(problem)",
            advice: "The file has damaged it: get the file again, or save the model again.")
    }
}
