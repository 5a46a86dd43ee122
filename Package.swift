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

func library(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
    .target(name: name, dependencies: dependencies, swiftSettings: swift)
}

func tests(_ name: String, _ dependencies: [Target.Dependency], exclude: [String] = []) -> Target {
    .testTarget(name: name, dependencies: dependencies + ["TestSupport"], exclude: exclude, swiftSettings: swift)
}

// Listed in the order of the pipeline: a target depends only on targets above it.
let package = Package(
    name: "embq",
    products: [
        .executable(name: "embq", targets: ["embq"]),
        .library(name: "EmbqRuntime", targets: ["EmbqRuntime"]),
        .library(name: "Packaging", targets: ["Packaging"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2")
    ],
    targets: [
        // The device's code: C11, no dependency, compiled as it is by firmware toolchains too.
        // On the host it may use the processor's vector instructions; the results are the same bits. A tool there may look
        // at the rows of a run.
        .target(name: "CEmbqRuntime", cSettings: c + [.define("EMBQ_HOST_SIMD"), .define("EMBQ_HOST_WATCH")]),
        // The same files as bytes, for `embq export`.
        .target(name: "CRuntimeSources"),

        .systemLibrary(name: "CLibcrypto", pkgConfig: "libcrypto", providers: [.apt(["libssl-dev"])]),
        .systemLibrary(name: "CLibzip", pkgConfig: "libzip", providers: [.apt(["libzip-dev"])]),
        .systemLibrary(
            name: "CProtobufC", pkgConfig: "libprotobuf-c", providers: [.apt(["libprotobuf-c-dev"])]),
        .target(name: "CSchemas", dependencies: ["CProtobufC"]),
        .systemLibrary(name: "CHDF5", pkgConfig: "hdf5", providers: [.apt(["libhdf5-dev"])]),
        .target(name: "CHDF5Shim", dependencies: ["CHDF5"], cSettings: c),

        library("TensorCore", []),
        library("FileIO", ["TensorCore", "CLibcrypto"]),
        .target(name: "CChecksums", cSettings: c),
        library("ZipFiles", ["TensorCore", "FileIO", "CLibzip", "CChecksums"]),
        library("HDF5Files", ["TensorCore", "FileIO", "CHDF5", "CHDF5Shim"]),
        library("ProtobufFiles", ["TensorCore", "CSchemas"]),
        library("Checkpoints", ["TensorCore", "FileIO", "ZipFiles", "HDF5Files", "ProtobufFiles"]),
        library("EmbqRuntime", ["TensorCore", "CEmbqRuntime"]),
        library("Tokenization", ["TensorCore", "FileIO"]),
        .target(name: "CFloatKernels", cSettings: c),
        library("Models", ["TensorCore", "FileIO", "Checkpoints", "CFloatKernels", "CEmbqRuntime"]),
        library("Quantization", ["TensorCore", "FileIO", "Checkpoints", "Models", "ProtobufFiles"]),
        library(
            "Artifact",
            ["TensorCore", "FileIO", "ZipFiles", "EmbqRuntime", "Models", "Quantization", "CRuntimeSources"]),
        library("Evaluation", ["TensorCore", "FileIO"]),
        library(
            "Packaging",
            [
                "TensorCore", "FileIO", "Checkpoints", "Models", "Tokenization", "Quantization", "Artifact",
                "Evaluation", "EmbqRuntime", "ProtobufFiles",
            ]),
        .executableTarget(
            name: "embq",
            dependencies: [
                "TensorCore", "FileIO", "HDF5Files", "Checkpoints", "Models", "EmbqRuntime", "Tokenization",
                "ProtobufFiles",
                "Quantization", "Artifact", "Evaluation", "Packaging",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ],
            swiftSettings: swift),

        .target(
            name: "TestSupport", dependencies: ["TensorCore", "FileIO"], path: "Tests/TestSupport", swiftSettings: swift
        ),
        tests("TensorCoreTests", ["TensorCore", "FileIO"]),
        tests("ZipFilesTests", ["TensorCore", "FileIO", "ZipFiles"]),
        // With the executable, which is the helper process that reads HDF5.
        tests("HDF5Tests", ["TensorCore", "FileIO", "HDF5Files", "Checkpoints", "embq"]),
        tests("CheckpointsTests", ["TensorCore", "FileIO", "ZipFiles", "Checkpoints"]),
        tests("TokenizationTests", ["CEmbqRuntime", "TensorCore", "FileIO", "Tokenization", "EmbqRuntime"]),
        tests("ModelsTests", ["TensorCore", "FileIO", "Checkpoints", "CFloatKernels", "Models"]),
        tests("ProtobufFilesTests", ["TensorCore", "ProtobufFiles"]),
        tests(
            "QuantizationTests",
            [
                "TensorCore", "FileIO", "Checkpoints", "Models", "ProtobufFiles", "Quantization", "CEmbqRuntime",
                "EmbqRuntime", "Artifact", "Evaluation", "Packaging",
            ]),
        tests(
            "ArtifactTests",
            [
                "TensorCore", "FileIO", "Checkpoints", "Quantization", "Artifact", "Evaluation", "Packaging",
                "EmbqRuntime", "CEmbqRuntime",
            ]),
        tests("EvaluationTests", ["TensorCore", "Evaluation"]),
        tests("CLITests", ["TensorCore", "FileIO", "embq"], exclude: ["Expected"]),
    ],
    swiftLanguageModes: [.v6],
    cLanguageStandard: .c11
)
