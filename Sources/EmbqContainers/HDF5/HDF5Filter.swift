import CEmbqHDF5
import CEmbqHDF5Shim
import EmbqCore

/// What a dataset's chunks went through when they were written.
enum HDF5Filter {
    /// Filters that are in use in checkpoints and come with libraries of their own.
    ///
    /// Source: the HDF Group's list of registered filters.
    private static let foreign: [Int32: String] = [
        305: "LZO", 307: "bzip2", 32000: "LZF", 32001: "Blosc", 32004: "LZ4", 32008: "bitshuffle", 32013: "ZFP",
        32015: "Zstandard", 32017: "SZ", 32018: "FCIDECOMP", 32023: "LZ4 (old)", 32024: "SZ3", 32026: "Blosc2",
    ]
    private static let builtIn: [Int32: String] = [
        1: "deflate", 2: "shuffle", 3: "fletcher32", 4: "szip", 5: "nbit", 6: "scaleoffset",
    ]

    /// Refuses filters that the library does not bring along.
    static func requireBuiltIn(_ list: hid_t, _ place: String) throws(EmbqError) {
        let count = H5Pget_nfilters(list)
        guard count >= 0 else { throw HDF5Failure.error(place, "its filters cannot be read") }
        for index in 0..<count {
            var (flags, values, configuration) = (UInt32(0), 0, UInt32(0))
            // Holds: no parameters and no name are asked for, three numbers are written.
            let id = unsafe H5Pget_filter2(list, UInt32(index), &flags, &values, nil, 0, nil, &configuration)
            guard id > 0 else { throw HDF5Failure.error(place, "its filters cannot be read") }
            guard builtIn[id] != nil, H5Zfilter_avail(id) > 0 else {
                let name = builtIn[id] ?? foreign[id]
                throw EmbqError(
                    .unsupported, place: place,
                    "its values are packed with filter \(id)\(name.map { " (\($0))" } ?? ""), which needs a library of its own",
                    advice: "Save it again with gzip or without compression. Read are deflate (gzip), shuffle, "
                        + "fletcher32, szip, nbit and scaleoffset.")
            }
        }
    }
}
