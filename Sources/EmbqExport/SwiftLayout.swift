import EmbqCore
import EmbqRuntime

/// A Swift package for Embedded Swift and for computers: the runtime and the model as C targets, and a module that calls
/// them.
///
/// Source: Swift Package Manager, PackageDescription 6.2; Swift's user documentation, Embedded Swift.
enum SwiftLayout {
    static func files(_ library: ExportedLibrary, _ device: DeviceModel) -> [(String, String)] {
        let (module, face, storage) = (library.name.camel, SwiftFace(library, device), SwiftStorage(library))
        return [
            ("Package.swift", manifest(library)), ("Sources/\(module)/Model.swift", face.model),
            ("Sources/C\(module)/include/\(library.names.stem)_storage.h", storage.header),
            ("Sources/C\(module)/\(library.names.stem)_storage.c", storage.source),
            ("examples/classify/main.swift", SwiftExample(library, device).text),
            ("\(RuntimeLibrary.slug)/Package.swift", runtimeManifest),
            ("\(RuntimeLibrary.slug)/Sources/\(runtime)/EmbqError.swift", SwiftFace.error),
            ("\(RuntimeLibrary.slug)/Sources/\(runtime)/FixedPoint.swift", SwiftFace.fixedPoint),
            ("README.md", LayoutReadme.text(library, use: use(library), place: place(library))),
        ]
    }

    /// The runtime's module; that of its C begins with C. Neither is a module of embq itself.
    static let runtime = "EmbqOnDevice"
    private static let toolsVersion = "6.2"
    /// Of macOS, the first with `InlineArray` and `Span`.
    private static let platforms =
        "platforms: [.macOS(.v26), .iOS(.v26), .tvOS(.v26), .watchOS(.v26), .visionOS(.v26)],"

    private static func manifest(_ library: ExportedLibrary) -> String {
        let module = library.name.camel
        let dependency = ".product(name: \"\(runtime)\", package: \"\(RuntimeLibrary.slug)\")"
        let assembled =
            library.assembled == nil
            ? "" : ",\n            exclude: [\"\(library.names.binary)\"], cSettings: [.headerSearchPath(\".\")]"
        return """
            // swift-tools-version: \(toolsVersion)
            // Written by embq.
            import Foundation
            import PackageDescription

            // Several models share one runtime: that beside their folders, if there is one.
            let shared = "../\(RuntimeLibrary.slug)"
            let isShared = FileManager.default.fileExists(atPath: "\\(Context.packageDirectory)/\\(shared)/Package.swift")

            let package = Package(
                name: "\(library.name.slug)",
                \(platforms)
                products: [
                    .library(name: "\(module)", targets: ["\(module)"]),
                    .executable(name: "classify", targets: ["\(module)Example"]),
                ],
                dependencies: [.package(path: isShared ? shared : "\(RuntimeLibrary.slug)")],
                targets: [
                    .target(
                        name: "C\(module)", dependencies: [\(dependency)]\(assembled)),
                    .target(
                        name: "\(module)",
                        dependencies: ["C\(module)", \(dependency)],
                        swiftSettings: [.strictMemorySafety()]),
                    .executableTarget(
                        name: "\(module)Example", dependencies: ["\(module)", \(dependency)],
                        path: "examples/classify"),
                ],
                cLanguageStandard: .c11)

            """
    }

    private static let runtimeManifest = """
        // swift-tools-version: \(toolsVersion)
        // Written by embq.
        import PackageDescription

        let package = Package(
            name: "\(RuntimeLibrary.slug)",
            \(platforms)
            products: [.library(name: "\(runtime)", targets: ["\(runtime)", "C\(runtime)"])],
            targets: [
                .target(name: "C\(runtime)"),
                .target(
                    name: "\(runtime)", dependencies: ["C\(runtime)"], swiftSettings: [.strictMemorySafety()]),
            ],
            cLanguageStandard: .c11)

        """

    private static func use(_ library: ExportedLibrary) -> String {
        let module = library.name.camel
        return """
            Swift 6.2 or newer. Name the folder in a Package.swift, `.package(path: "…")`, and its product `\(module)` in a \
            target. `swift run -c release classify` builds and runs the example on a computer. For firmware in Embedded \
            Swift, with a toolchain that has the part's `-none-none-eabi` modules:

                swift build -c release --triple armv7em-none-none-eabi --product \(module) \\
                    -Xswiftc -enable-experimental-feature -Xswiftc Embedded -Xswiftc -wmo -Xswiftc -Osize \\
                    -Xswiftc -Xfrontend -Xswiftc -function-sections -Xswiftc -Xfrontend -Xswiftc -disable-stack-protector \\
                    -Xcc -ffreestanding -Xcc -ffunction-sections -Xcc -fdata-sections -Xcc -mcpu=cortex-m4

            The module allocates nothing: text is a `StaticString` or a `Span<UInt8>`, errors are typed, and arena and \
            results are in one piece of static memory, or in memory of yours:

                import \(module)

                var model = try Model()
            \(SwiftFace.usage(library.answer))

            Several models, each exported with a `--name` of its own, share one runtime: copy `\(RuntimeLibrary.slug)` of \
            one of them beside their folders, and after an earlier build without it run `swift package purge-cache`. A \
            model does not compile with a runtime of another version.
            """
    }

    private static func place(_ library: ExportedLibrary) -> String {
        let macro = library.placements.first
        let example = macro.map { "`-Xcc '-D\($0.definition(".extflash", quote: "\""))'`" } ?? "`-Xcc -D…`"
        return "define these when building, \(example)."
    }
}
