// swift-tools-version: 6.2
import PackageDescription

// A package of somebody else, outside of embq's folder: it has a target called Models, and uses both products.
let root = Context.environment["EMBQ_ROOT"] ?? "../.."
let embq = String(root.split(separator: "/").last ?? "embq")

let package = Package(
    name: "library",
    dependencies: [.package(path: root)],
    targets: [
        .target(name: "Models"),
        .executableTarget(name: "classify", dependencies: ["Models", .product(name: "Embq", package: embq)]),
        .executableTarget(name: "device", dependencies: [.product(name: "EmbqRuntime", package: embq)]),
    ]
)
