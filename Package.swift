// swift-tools-version: 6.2
import PackageDescription

/// `EMBQ_STRICT=1` (set by the Makefile, and so by CI) turns every warning into an error.
let strict = Context.environment["EMBQ_STRICT"] == "1"

let swift: [SwiftSetting] =
    [
        .enableUpcomingFeature("ExistentialAny"),
        .enableUpcomingFeature("InternalImportsByDefault"),
        .enableUpcomingFeature("MemberImportVisibility"),
        .enableExperimentalFeature("Lifetimes"),
        .strictMemorySafety(),
    ] + (strict ? [.treatAllWarnings(as: .error)] : [])

let c: [CSetting] =
    [.enableWarning("all"), .enableWarning("extra"), .enableWarning("conversion")]
    + (strict ? [.treatAllWarnings(as: .error)] : [])

func module(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
    .target(name: name, dependencies: dependencies, swiftSettings: swift)
}

/// A C target in Sources/System: a shim or a kernel of the host, or generated code.
func system(
    _ name: String, path: String, _ dependencies: [Target.Dependency] = [], _ settings: [CSetting]? = c,
    exclude: [String] = []
) -> Target {
    .target(
        name: name, dependencies: dependencies, path: "Sources/System/\(path)", exclude: exclude, cSettings: settings)
}

/// A library of the operating system.
func library(_ name: String, path: String, pkgConfig: String, apt package: String) -> Target {
    .systemLibrary(
        name: name, path: "Sources/System/\(path)", pkgConfig: pkgConfig, providers: [.apt([package])])
}

func tests(_ name: String, _ dependencies: [Target.Dependency], exclude: [String] = []) -> Target {
    .testTarget(name: name, dependencies: dependencies + ["EmbqTestSupport"], exclude: exclude, swiftSettings: swift)
}

// Listed in the order of the pipeline: a target depends only on targets above it. All carry the project's name, since a
// package's targets share one space of names with those of all packages that use it.
let package = Package(
    name: "embq",
    products: [
        .executable(name: "embq", targets: ["EmbqCLI"]),
        .library(name: "Embq", targets: ["Embq"]),
        .library(name: "EmbqRuntime", targets: ["EmbqRuntime"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2")
    ],
    targets: [
        // The device's code: C11, no dependency, compiled as it is by firmware toolchains too.
        // On the host it may use the processor's vector instructions; the results are the same bits. A tool there may look
        // at the rows of a run.
        .target(name: "CEmbqRuntime", cSettings: c + [.define("EMBQ_HOST_SIMD"), .define("EMBQ_HOST_WATCH")]),

        library("CEmbqLibcrypto", path: "Libcrypto", pkgConfig: "libcrypto", apt: "libssl-dev"),
        library("CEmbqLibzip", path: "Libzip", pkgConfig: "libzip", apt: "libzip-dev"),
        library("CEmbqProtobufC", path: "ProtobufC", pkgConfig: "libprotobuf-c", apt: "libprotobuf-c-dev"),
        library("CEmbqHDF5", path: "HDF5", pkgConfig: "hdf5", apt: "libhdf5-dev"),
        system("CEmbqSchemas", path: "Schemas", ["CEmbqProtobufC"], nil),
        system("CEmbqHDF5Shim", path: "HDF5Shim", ["CEmbqHDF5"]),
        system("CEmbqProcess", path: "Process"),
        system("CEmbqSignatures", path: "Signatures", ["CEmbqLibcrypto"]),
        system("CEmbqChecksums", path: "Checksums"),
        system("CEmbqFloatKernels", path: "FloatKernels"),
        system("CEmbqElementary", path: "Elementary"),
        // The files of CEmbqRuntime as bytes, for `embq export`, and the table of boards.
        system("CEmbqRuntimeSources", path: "RuntimeSources", [], nil),
        // What a report carries to run its model: the runtime in WebAssembly (`make wasm`) and a script.
        system("CEmbqLiveReport", path: "LiveReport", [], nil, exclude: ["browser"]),

        module("EmbqCore", ["CEmbqLibcrypto", "CEmbqElementary", "CEmbqProcess"]),
        module(
            "EmbqContainers",
            [
                "EmbqCore", "CEmbqLibzip", "CEmbqChecksums", "CEmbqHDF5", "CEmbqHDF5Shim", "CEmbqSchemas",
                "CEmbqSignatures",
            ]),
        module("EmbqTokenizers", ["EmbqCore"]),
        module("EmbqCheckpoints", ["EmbqCore", "EmbqContainers", "EmbqTokenizers"]),
        module("EmbqRuntime", ["CEmbqRuntime"]),
        module("EmbqModels", ["EmbqCore", "EmbqTokenizers", "EmbqCheckpoints", "CEmbqFloatKernels", "CEmbqRuntime"]),
        module("EmbqData", ["EmbqCore"]),
        module("EmbqEvaluation", ["EmbqCore", "EmbqData"]),
        module(
            "EmbqQuantization",
            ["EmbqCore", "EmbqContainers", "EmbqCheckpoints", "EmbqModels", "EmbqData", "EmbqEvaluation"]),
        module("EmbqArtifact", ["EmbqCore", "EmbqContainers", "EmbqRuntime", "EmbqModels", "EmbqQuantization"]),
        module("EmbqExport", ["EmbqCore", "EmbqArtifact", "EmbqRuntime", "CEmbqRuntimeSources"]),
        module(
            "EmbqReport",
            ["EmbqCore", "EmbqData", "EmbqEvaluation", "EmbqQuantization", "EmbqArtifact", "CEmbqLiveReport"]),
        module(
            "EmbqPipeline",
            [
                "EmbqCore", "EmbqContainers", "EmbqCheckpoints", "EmbqTokenizers", "EmbqRuntime", "EmbqModels",
                "EmbqData", "EmbqEvaluation", "EmbqQuantization", "EmbqArtifact", "EmbqExport", "EmbqReport",
                "CEmbqRuntimeSources",
            ]),
        // What another Swift program imports.
        module(
            "Embq",
            [
                "EmbqCore", "EmbqCheckpoints", "EmbqRuntime", "EmbqModels", "EmbqData", "EmbqEvaluation",
                "EmbqQuantization", "EmbqArtifact", "EmbqExport", "EmbqPipeline",
            ]),
        // Writes which commit the program is built from.
        .plugin(name: "EmbqCommit", capability: .buildTool()),
        .executableTarget(
            name: "EmbqCLI",
            dependencies: [
                "EmbqCore", "EmbqContainers", "EmbqCheckpoints", "EmbqRuntime", "EmbqModels", "EmbqTokenizers",
                "EmbqData", "EmbqEvaluation", "EmbqQuantization", "EmbqArtifact", "EmbqExport", "EmbqReport",
                "EmbqPipeline", .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ],
            swiftSettings: swift, plugins: ["EmbqCommit"]),

        .target(
            name: "EmbqTestSupport", dependencies: ["EmbqCore"], path: "Tests/EmbqTestSupport", swiftSettings: swift),
        tests("EmbqCoreTests", ["EmbqCore", "CEmbqElementary"]),
        // With the executable, which is the helper process that reads HDF5.
        tests("EmbqContainersTests", ["EmbqCore", "EmbqContainers", "EmbqCheckpoints", "EmbqCLI"]),
        tests("EmbqCheckpointsTests", ["EmbqCore", "EmbqContainers", "EmbqTokenizers", "EmbqCheckpoints"]),
        tests("EmbqTokenizersTests", ["EmbqCore", "EmbqTokenizers", "EmbqRuntime", "CEmbqRuntime"]),
        tests("EmbqModelsTests", ["EmbqCore", "EmbqTokenizers", "EmbqCheckpoints", "EmbqModels", "CEmbqFloatKernels"]),
        tests("EmbqDataTests", ["EmbqCore", "EmbqData"]),
        tests("EmbqEvaluationTests", ["EmbqCore", "EmbqData", "EmbqEvaluation"]),
        tests(
            "EmbqQuantizationTests",
            [
                "EmbqCore", "EmbqContainers", "EmbqCheckpoints", "EmbqModels", "EmbqData", "EmbqEvaluation",
                "EmbqQuantization", "EmbqArtifact", "EmbqPipeline", "EmbqRuntime", "CEmbqRuntime",
            ]),
        tests(
            "EmbqArtifactTests",
            [
                "EmbqCore", "EmbqCheckpoints", "EmbqData", "EmbqEvaluation", "EmbqQuantization", "EmbqArtifact",
                "EmbqExport", "EmbqReport", "EmbqPipeline", "EmbqRuntime", "CEmbqRuntime",
            ]),
        tests(
            "EmbqPipelineTests",
            [
                "EmbqCore", "EmbqCheckpoints", "EmbqData", "EmbqModels", "EmbqEvaluation", "EmbqQuantization",
                "EmbqArtifact", "EmbqRuntime", "EmbqPipeline",
            ]),
        tests(
            "EmbqReportTests",
            ["EmbqCore", "EmbqData", "EmbqEvaluation", "EmbqQuantization", "EmbqArtifact", "EmbqReport"]),
        tests("EmbqCLITests", ["EmbqCore", "EmbqCLI"], exclude: ["Expected"]),
    ],
    swiftLanguageModes: [.v6],
    cLanguageStandard: .c11
)
