import CEmbqHDF5
import CEmbqHDF5Shim
import EmbqCore

/// Goes through a file's groups: every dataset must be one that is read, every link one that stays in the file.
final class HDF5Walk {
    private(set) var datasets: [HDF5Contents.Dataset] = []
    private(set) var attributes: [HDF5Contents.Attribute] = []
    private let linkAccess: hid_t
    private let fileSize: Int
    private var links = 0
    /// Where the groups seen so far lie.
    private var groups: Set<[UInt64]> = []
    /// Where the datasets seen so far lie, and bytes of their values.
    private var stored: [[UInt64]: Int] = [:]

    init(linkAccess: hid_t, fileSize: Int) {
        self.linkAccess = linkAccess
        self.fileSize = fileSize
    }

    static func place(_ path: [String]) -> String { "'\(EmbqError.printable(path.joined(separator: "/")))'" }

    /// Visits a group and all below it.
    func visit(_ group: hid_t, path: [String]) throws(EmbqError) {
        let place = path.isEmpty ? nil : Self.place(path)
        guard path.count <= HDF5Limits.depth else {
            throw EmbqError(
                .limitExceeded, place: place, "its groups are nested deeper than \(HDF5Limits.depth)",
                advice: HDF5Failure.resave)
        }
        try enter(group, place)
        attributes += try HDF5Attributes.read(of: group, path: path)
        for (name, kind) in try list(group, place) {
            let path = path + [name]
            guard HDF5Contents.isName(name) else {
                throw EmbqError(
                    .unsupported, place: Self.place(path), "its name cannot be a tensor's name",
                    advice: HDF5Failure.resave)
            }
            try follow(group, path, name, kind)
        }
    }

    /// Refuses datasets that many links lead to.
    ///
    /// - Throws: `.limitExceeded`.
    func checkSharing() throws(EmbqError) {
        var limit = SharingLimit(stored: stored.values.reduce(0) { $0.adding($1) ?? .max })
        for dataset in datasets where !limit.add(dataset.byteCount) {
            throw limit.fault(Self.place(dataset.path), advice: HDF5Failure.resave)
        }
    }

    private func address(of object: hid_t, _ what: String, _ place: String?) throws(EmbqError) -> [UInt64] {
        var (file, address) = (UInt64(0), UInt64(0))
        // Holds: two numbers are written.
        guard unsafe ch5_address(object, &file, &address) >= 0 else {
            throw HDF5Failure.error(place, "\(what) cannot be located")
        }
        return [file, address]
    }

    private func enter(_ group: hid_t, _ place: String?) throws(EmbqError) {
        guard groups.insert(try address(of: group, "the group", place)).inserted else {
            throw EmbqError(
                .malformed, place: place, "links lead to this group twice, in a circle or by two ways",
                advice: HDF5Failure.resave)
        }
    }

    private func follow(_ group: hid_t, _ path: [String], _ name: String, _ kind: ch5_link_kind) throws(EmbqError) {
        let place = Self.place(path)
        guard kind == CH5_LINK_HARD || kind == CH5_LINK_SOFT else {
            throw EmbqError(
                .unsupported, place: place,
                kind == CH5_LINK_EXTERNAL ? "it is a link to another file" : "it is a link of an unknown kind",
                advice: HDF5Failure.resave)
        }
        let object = try HDF5Handle(
            unsafe H5Oopen(group, name, linkAccess), closedBy: H5Oclose, place,
            kind == CH5_LINK_SOFT ? "it is a link that leads nowhere" : "it cannot be opened")
        switch H5Iget_type(object.id) {
        case H5I_GROUP: try visit(object.id, path: path)
        case H5I_DATASET:
            let dataset = try HDF5Layout(dataset: object.id, path: path, fileSize: fileSize).dataset
            stored[try address(of: object.id, "the dataset", place)] = dataset.byteCount
            datasets.append(dataset)
        default:
            throw EmbqError(
                .unsupported, place: place, "it is neither a group nor a dataset, but a named type",
                advice: HDF5Failure.resave)
        }
    }

    /// A group's links by name.
    private func list(_ group: hid_t, _ place: String?) throws(EmbqError) -> [(name: String, kind: ch5_link_kind)] {
        let found = Links(room: HDF5Limits.links - links)
        let status = unsafe ch5_each_link(
            group,
            { name, kind, context in
                guard let name = unsafe name, let context = unsafe context else { return 1 }
                // Holds: the context is the object below, alive until the call returns.
                let links = unsafe Unmanaged<Links>.fromOpaque(context).takeUnretainedValue()
                return links.add(unsafe String(validatingCString: name), kind) ? 0 : 1
            }, Unmanaged.passUnretained(found).toOpaque())
        guard status >= 0 else { throw HDF5Failure.error(place, "the group cannot be listed") }
        guard !found.isFull else {
            throw EmbqError(
                .limitExceeded, place: place, "the file has more than \(HDF5Limits.links) objects",
                advice: HDF5Failure.resave)
        }
        guard !found.isGarbled else {
            throw EmbqError(
                .malformed, place: place, "the group has a name that is not UTF-8", advice: HDF5Failure.resave)
        }
        links += found.items.count
        return found.items
    }

    private final class Links {
        var items: [(name: String, kind: ch5_link_kind)] = []
        var isFull = false
        var isGarbled = false
        private let room: Int

        init(room: Int) { self.room = room }

        /// Whether to go on.
        func add(_ name: String?, _ kind: ch5_link_kind) -> Bool {
            guard items.count < room else {
                isFull = true
                return false
            }
            guard let name else {
                isGarbled = true
                return false
            }
            items.append((name, kind))
            return true
        }
    }
}
