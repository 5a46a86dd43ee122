import CEmbqRuntimeSources
package import EmbqArtifact
package import EmbqCore

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
        let files: [(String, String)] =
            switch options.layout {
            case .plain: [("main.c", LayoutExamples.standardInput(library.answer))]
            case .arduino: ArduinoLayout.files(library)
            case .platformio: try PlatformIOLayout.files(library)
            case .zephyr: ZephyrLayout.files(library)
            case .espIDF: ESPIDFLayout.files(library)
            case .cmake: CMakeLayout.files(library)
            }
        let code = ModelSource(artifact, options.arrays)
        var all = runtimeSources.map { (name: library.path(of: $0.name), bytes: $0.bytes) }
        all += [("model.h", code.header), ("model.c", code.source)].map {
            (name: library.path(of: $0.0), bytes: Array($0.1.utf8))
        }
        all += files.map { (name: $0.0, bytes: Array($0.1.utf8)) }
        if options.layout != .plain { all.append(("LICENSE", licence)) }
        return all.sorted { $0.name < $1.name }
    }

    /// The runtime's own files.
    package static var runtimeSources: [(name: String, bytes: [UInt8])] {
        (0..<runtime_source_count()).map { index in unsafe contents(runtime_source_at(index)) }
    }

    /// The runtime's licence.
    private static var licence: [UInt8] { unsafe contents(runtime_license()).bytes }

    private static func contents(_ source: runtime_source) -> (name: String, bytes: [UInt8]) {
        // Holds: names and bytes are constants of the program.
        unsafe (String(cString: source.name), Array(UnsafeBufferPointer(start: source.bytes, count: source.size)))
    }
}
