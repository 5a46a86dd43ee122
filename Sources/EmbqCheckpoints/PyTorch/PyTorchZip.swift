import EmbqContainers
import EmbqCore

/// The form that torch.save writes since 1.6: a zip archive with the folder `NAME`, in it `data.pkl`, and `data/KEY`
/// for each storage.
enum PyTorchZip {
    static let pickle = "data.pkl"
    /// The newest version of the form that PyTorch writes.
    private static let newestVersion = 10

    static func open(_ file: MappedFile, key: String?) throws(EmbqError) -> PyTorchFile {
        let archive = try ZipArchive(file)
        do throws(EmbqError) { return try open(file, archive, key: key) } catch { throw error.at(file: file.path) }
    }

    private static func open(_ file: MappedFile, _ archive: ZipArchive, key: String?) throws(EmbqError) -> PyTorchFile {
        let folder = try folder(archive)
        try refuseScript(archive, folder)
        try checkByteOrder(archive, folder)
        guard let pickle = archive.entry(folder + pickle) else { preconditionFailure("the pickle was just found") }
        guard pickle.size <= Unpickler.maximumBytes else {
            throw EmbqError(
                .limitExceeded, place: place(pickle.name),
                "it is \(pickle.size) bytes, the limit is \(Unpickler.maximumBytes)",
                advice: "Save the state_dict of the model alone.")
        }
        var unpickler = Unpickler()
        let root = try inside(pickle.name) { () throws(EmbqError) in
            try archive.withBytes(of: pickle) { bytes throws(EmbqError) in
                var reader = ByteReader(bytes)
                let root = try unpickler.run(&reader)
                guard reader.remaining == 0 else {
                    throw fault(
                        .malformed, "byte \(reader.offset)", "\(reader.remaining) bytes follow the pickle's end")
                }
                return root
            }
        }
        let heap = unpickler.heap
        var storages: [PyTorchFile.Place] = []
        for storage in heap.storages {
            let name = "\(folder)data/\(storage.key)"
            guard let entry = archive.entry(name) else {
                throw fault(.missing, place(name), "the values of a storage are missing")
            }
            guard entry.size == storage.byteCount else {
                throw fault(
                    entry.size < storage.byteCount ? .truncated : .malformed, place(name),
                    "it is \(entry.size) bytes, the pickle says \(storage.byteCount)")
            }
            storages.append(.entry(entry))
        }
        return try PyTorchFile(
            file, format: CheckpointFormat.pyTorchZip.name, archive: archive, heap: heap, root: root,
            storages: storages, key: key)
    }

    /// The one folder that everything lies in, with its slash.
    private static func folder(_ archive: ZipArchive) throws(EmbqError) -> String {
        let folders = archive.entries.map(\.name).filter { name in
            name.hasSuffix("/" + pickle) && name.utf8.count(where: { $0 == UInt8(ascii: "/") }) == 1
        }
        .map { String($0.dropLast(pickle.count)) }
        guard let folder = folders.first, folders.count == 1 else {
            throw fault(
                .malformed, nil,
                folders.isEmpty
                    ? "no folder of the archive has a \(pickle)"
                    : "\(folders.count) folders of the archive have a \(pickle)")
        }
        return folder
    }

    private static func refuseScript(_ archive: ZipArchive, _ folder: String) throws(EmbqError) {
        guard
            archive.entry(folder + "constants.pkl") != nil
                || archive.entries.contains(where: { $0.name.hasPrefix(folder + "code/") })
        else { return }
        throw EmbqError(
            .unsupported, "it is a TorchScript program, not a checkpoint",
            advice: "Save its tensors: torch.save(torch.jit.load(FILE).state_dict(), \"model.pt\").")
    }

    private static func checkByteOrder(_ archive: ZipArchive, _ folder: String) throws(EmbqError) {
        // Before 2.1 only little-endian machines wrote files, and said nothing.
        if let entry = archive.entry(folder + "byteorder") {
            switch try text(archive, entry) {
            case "little": break
            case "big":
                throw EmbqError(
                    .unsupported, place: place(entry.name), "the values are big-endian",
                    advice: "Save the checkpoint on a little-endian machine.")
            case let order:
                throw fault(
                    .malformed, place(entry.name), "the byte order is '\(EmbqError.printable(order))'")
            }
        }
        if let entry = archive.entry(folder + "version") ?? archive.entry(folder + ".data/version") {
            let version = try text(archive, entry)
            guard let number = Int(version), (1...newestVersion).contains(number) else {
                throw EmbqError(
                    .unsupported, place: place(entry.name),
                    "the form's version is '\(EmbqError.printable(version))', 1 to \(newestVersion) are known",
                    advice: "Save the tensors as safetensors.")
            }
        }
    }

    /// A short text without the line feed at its end.
    private static func text(_ archive: ZipArchive, _ entry: ZipEntry) throws(EmbqError) -> String {
        guard entry.size <= 32 else {
            throw fault(.malformed, place(entry.name), "it is \(entry.size) bytes, a word is expected")
        }
        return try archive.withBytes(of: entry) { bytes in
            var bytes = bytes.indices.map { bytes[$0] }
            if bytes.last == UInt8(ascii: "\n") { bytes.removeLast() }
            return String(decoding: bytes, as: UTF8.self)
        }
    }

    private static func inside<R>(_ name: String, _ body: () throws(EmbqError) -> R) throws(EmbqError) -> R {
        do throws(EmbqError) { return try body() } catch {
            throw error.place?.hasPrefix("entry") == true ? error : error.inside(place(name))
        }
    }

    private static func place(_ name: String) -> String { "entry '\(EmbqError.printable(name))'" }

    private static func fault(_ code: EmbqError.Code, _ place: String?, _ problem: String) -> EmbqError {
        EmbqError(
            code, place: place, problem,
            advice: "The file is damaged or was not written by torch.save: get it again from its source.")
    }
}

extension CheckpointFormat {
    /// What torch.save writes.
    static let pyTorchZip = CheckpointFormat(
        name: "a PyTorch file (torch.save, zip)", endings: ["bin", "pt", "pth", "ckpt"], usualName: "pytorch_model.bin",
        recognises: { bytes in zipNames(bytes)?.contains { $0.hasSuffix("/" + PyTorchZip.pickle) } ?? false },
        open: { file throws(EmbqError) in try PyTorchZip.open(file, key: nil) },
        openKey: { file, key throws(EmbqError) in try PyTorchZip.open(file, key: key) })
}
