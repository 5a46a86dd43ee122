import CEmbqRuntimeSources
package import EmbqArtifact
package import EmbqCore
import EmbqRuntime

/// Writes a model as C: the artifact as arrays, the runtime's sources, and a program that uses both.
package enum CSourceExport {
    /// The files, sorted by path (with `/` between folders): together they are what the layout's build system takes as
    /// it stands. Equal arguments give equal bytes.
    ///
    /// - Throws: `.invalidRequest` for a name or a licence that cannot be written into the layout's files.
    package static func files(_ artifact: ArtifactReader, _ options: CSourceOptions) throws(EmbqError)
        -> [(name: String, bytes: [UInt8])]
    {
        let library = try ExportedLibrary(artifact, options)
        let files = try layoutFiles(library, artifact.device)
        let code = ModelSource(artifact, library, options)
        var all = runtimeSources.map { (name: RuntimeLibrary.path(of: $0.name, options.layout), bytes: $0.bytes) }
        all += (code.files + SwiftLabels.files(library, artifact.device)).map {
            (name: library.path(of: $0.name), bytes: FileMark.marked($0.name, $0.bytes, library.modelLicense))
        }
        all += files.map {
            (name: $0.0, bytes: FileMark.marked($0.0, Array($0.1.utf8), ExportedLibrary.runtimeLicense))
        }
        all += [("LICENSE", licence), ("NOTICE", Array(library.notice.utf8))]
        if options.layout != .plain {
            all += [
                ("\(RuntimeLibrary.folder(options.layout))/LICENSE", licence),
                ("\(RuntimeLibrary.folder(options.layout))/NOTICE", Array(ExportedLibrary.runtimeNotice.utf8)),
            ]
        }
        return all.sorted { $0.name < $1.name }
    }

    /// The files that only the layout has.
    private static func layoutFiles(_ library: ExportedLibrary, _ device: DeviceModel) throws(EmbqError)
        -> [(String, String)]
    {
        switch library.layout {
        case .plain: [("main.c", LayoutExamples(library).standardInput)]
        case .arduino: ArduinoLayout.files(library)
        case .platformio: try PlatformIOLayout.files(library)
        case .zephyr: ZephyrLayout.files(library)
        case .espIDF: ESPIDFLayout.files(library)
        case .cmake: CMakeLayout.files(library)
        case .cmsisPack: CMSISPackLayout.files(library)
        case .swift: SwiftLayout.files(library, device)
        }
    }

    /// The SHA-256 that firmware with this artifact may name, as hexadecimal digits: of the artifact, and of its sections'
    /// arrays.
    package static func digests(_ artifact: ArtifactReader) throws(EmbqError) -> [String] {
        var digests: [String] = []
        for arrays in [CSourceOptions.Arrays.one, .sections] {
            let options = CSourceOptions(arrays: arrays, version: "")
            digests.append(
                SHA256.hexadecimal(ModelSource(artifact, try ExportedLibrary(artifact, options), options).sha256))
        }
        return digests
    }

    /// The name of ``readme(_:_:)``.
    package static let readmeName = "README.md"

    /// What README.md says of the folder, in Markdown: what it is, how it is built and used. A plain export has no such
    /// file of its own.
    ///
    /// - Throws: as ``files(_:_:)``.
    package static func readme(_ artifact: ArtifactReader, _ options: CSourceOptions) throws(EmbqError) -> String {
        let library = try ExportedLibrary(artifact, options)
        return try layoutFiles(library, artifact.device).first { $0.0 == readmeName }?.1 ?? LayoutReadme.plain(library)
    }

    /// The name of the exported library, as package registries have it: `embq-embbert`.
    package static func libraryName(_ artifact: ArtifactReader, _ options: CSourceOptions) throws(EmbqError) -> String {
        try ExportedLibrary(artifact, options).name.slug
    }

    /// Bytes of an artifact from which on a compiler takes long for its array: 4 MB are 13 MB of C.
    private static let largeArray = 4_000_000

    /// What to do about an array that is too large for a compiler; nil for others.
    package static func note(_ artifact: ArtifactReader, _ options: CSourceOptions) -> String? {
        guard [.one, .sections].contains(options.arrays), artifact.bytes.count > largeArray else { return nil }
        return
            "compiling an array of \(artifact.bytes.count.grouped) bytes takes minutes and gigabytes: --arrays incbin "
            + "and --arrays object avoid it"
    }

    /// The runtime's own files.
    package static var runtimeSources: [(name: String, bytes: [UInt8])] {
        (0..<runtime_source_count()).map { index in unsafe contents(runtime_source_at(index)) }
    }

    /// Every identifier in the runtime's files.
    static let runtimeIdentifiers: Set<String> = {
        func isPart(_ byte: UInt8) -> Bool {
            (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 0x20) || byte == UInt8(ascii: "_")
                || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
        }
        let words = runtimeSources.flatMap { $0.bytes.split { !isPart($0) } }
        return Set(words.map { String(decoding: $0, as: UTF8.self) })
    }()

    /// SPDX expression of the runtime's licence.
    package static let runtimeLicense = ExportedLibrary.runtimeLicense
    /// The runtime's name, as package registries have it.
    package static let runtimeName = RuntimeLibrary.slug

    /// The text of the runtime's licence.
    private static var licence: [UInt8] { unsafe contents(runtime_license()).bytes }

    private static func contents(_ source: runtime_source) -> (name: String, bytes: [UInt8]) {
        // Holds: names and bytes are constants of the program.
        unsafe (String(cString: source.name), Array(UnsafeBufferPointer(start: source.bytes, count: source.size)))
    }
}
