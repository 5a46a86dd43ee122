import CEmbqHDF5
import CEmbqHDF5Shim
import EmbqCore

/// The texts that a group carries: those that Keras keeps its names in, and short ones of the root.
enum HDF5Attributes {
    /// - Throws: when one that Keras needs cannot be read; others are passed over.
    static func read(of group: hid_t, path: [String]) throws(EmbqError) -> [HDF5Contents.Attribute] {
        var found: [HDF5Contents.Attribute] = []
        for name in try names(of: group, path) {
            let isNeeded =
                name == "name" || name.hasPrefix("layer_names") || name.hasPrefix("weight_names")
            guard isNeeded || path.isEmpty else { continue }
            let place = "the attribute \(HDF5Walk.place(path + [name]))"
            do throws(EmbqError) {
                let (values, isList) = try texts(group, name, place)
                guard isNeeded || (!isList && values[0].utf8.count <= HDF5Limits.metadataBytes) else { continue }
                found.append(HDF5Contents.Attribute(group: path, name: name, values: values, isList: isList))
            } catch {
                if isNeeded { throw error }
            }
        }
        return found
    }

    private static func names(of group: hid_t, _ path: [String]) throws(EmbqError) -> [String] {
        final class Names { var items: [String] = [] }
        let names = Names()
        let status = unsafe ch5_each_attribute(
            group,
            { name, context in
                guard let name = unsafe name, let context = unsafe context else { return 1 }
                // Holds: the context is the object above, alive until the call returns.
                let names = unsafe Unmanaged<Names>.fromOpaque(context).takeUnretainedValue()
                if let text = unsafe String(validatingCString: name) { names.items.append(text) }
                return names.items.count < HDF5Limits.attributeValues ? 0 : 1
            }, Unmanaged.passUnretained(names).toOpaque())
        guard status >= 0 else {
            throw HDF5Failure.error(path.isEmpty ? nil : HDF5Walk.place(path), "its attributes cannot be listed")
        }
        return names.items
    }

    /// An attribute's texts, and whether they are a list; a list of nothing may be of any type.
    private static func texts(_ group: hid_t, _ name: String, _ place: String) throws(EmbqError) -> ([String], Bool) {
        let attribute = try HDF5Handle(
            unsafe H5Aopen(group, name, standard), closedBy: H5Aclose, place, "it cannot be opened")
        let type = try HDF5Handle(H5Aget_type(attribute.id), closedBy: H5Tclose, place, "its type cannot be read")
        let space = try HDF5Handle(H5Aget_space(attribute.id), closedBy: H5Sclose, place, "its size cannot be read")
        let isList = H5Sget_simple_extent_type(space.id) != H5S_SCALAR
        let count = Int(exactly: H5Sget_simple_extent_npoints(space.id)) ?? -1
        guard count >= 0, count <= HDF5Limits.attributeValues else {
            throw EmbqError(
                .limitExceeded, place: place, "it has \(count) values, the limit is \(HDF5Limits.attributeValues)",
                advice: HDF5Failure.resave)
        }
        if count == 0 { return ([], true) }
        guard H5Tget_class(type.id) == H5T_STRING else {
            throw EmbqError(.unsupported, place: place, "it holds no text", advice: HDF5Failure.resave)
        }
        let values =
            H5Tis_variable_str(type.id) > 0
            ? try variable(attribute.id, type.id, space.id, count, place)
            : try fixed(attribute.id, type.id, count, place)
        return (values, isList)
    }

    private static func variable(_ attribute: hid_t, _ type: hid_t, _ space: hid_t, _ count: Int, _ place: String)
        throws(EmbqError) -> [String]
    {
        var texts = unsafe [UnsafeMutablePointer<CChar>?](repeating: nil, count: count)
        // Holds: a pointer is written for each value, freed once below, and each text ends with a zero.
        guard unsafe H5Aread(attribute, type, &texts) >= 0 else {
            throw HDF5Failure.error(place, "it cannot be read")
        }
        defer { for index in 0..<count { if let text = unsafe texts[index] { unsafe _ = H5free_memory(text) } } }
        var values: [String] = []
        var bytes = 0
        for index in 0..<count {
            guard let text = unsafe texts[index] else {
                values.append("")
                continue
            }
            guard let value = unsafe String(validatingCString: text) else { throw notText(place) }
            bytes += value.utf8.count
            guard bytes <= HDF5Limits.attributeBytes else { throw large(place) }
            values.append(value)
        }
        return values
    }

    private static func fixed(_ attribute: hid_t, _ type: hid_t, _ count: Int, _ place: String) throws(EmbqError)
        -> [String]
    {
        let size = H5Tget_size(type)
        guard size > 0, let total = size.times(count), total <= HDF5Limits.attributeBytes else { throw large(place) }
        var bytes = [UInt8](repeating: 0, count: total)
        // Holds: `count` values of `size` bytes are written.
        guard unsafe H5Aread(attribute, type, &bytes) >= 0 else { throw HDF5Failure.error(place, "it cannot be read") }
        let isPadded = H5Tget_strpad(type) == H5T_STR_SPACEPAD
        var values: [String] = []
        for start in stride(from: 0, to: total, by: size) {
            var text = bytes[start..<start + size].prefix { $0 != 0 }
            while isPadded, text.last == UInt8(ascii: " ") { text.removeLast() }
            guard let value = String(validating: text, as: UTF8.self) else { throw notText(place) }
            values.append(value)
        }
        return values
    }

    private static func notText(_ place: String) -> EmbqError {
        EmbqError(.malformed, place: place, "its text is not UTF-8", advice: HDF5Failure.damaged)
    }

    private static func large(_ place: String) -> EmbqError {
        EmbqError(
            .limitExceeded, place: place, "its texts are more than \(HDF5Limits.attributeBytes) bytes",
            advice: HDF5Failure.resave)
    }
}
