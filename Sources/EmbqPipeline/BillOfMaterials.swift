import EmbqArtifact
import EmbqCore
import EmbqExport
import EmbqRuntime

/// bom.cdx.json: the bill of materials of a package, in CycloneDX. It has no random number, and a time only where
/// `SOURCE_DATE_EPOCH` gives one: equal packages have equal bytes.
///
/// Source: https://cyclonedx.org/docs/1.7/json/
struct BillOfMaterials {
    static let name = "bom.cdx.json"
    /// Of the specification.
    static let version = "1.7"

    private let documents: PackageDocuments
    private let files: [Manifest.File]
    private var manifest: Manifest { documents.manifest }

    /// - Parameter files: all of the package, without this one, the manifest and a signature.
    init(_ documents: PackageDocuments, _ files: [Manifest.File]) {
        self.documents = documents
        self.files = files
    }

    /// The document. Its serial number follows from all the rest, the digests of the artifact and the other files among it.
    func document() throws(EmbqError) -> String {
        let members = members
        let digest = SHA256.hexadecimal(of: Array(try CanonicalJSON.document(members).utf8))
        return try CanonicalJSON.document(
            members.setting("serialNumber", to: .string("urn:uuid:\(Self.uuid(digest))")))
    }

    /// The first 128 bits of a digest as a UUID of version 8.
    ///
    /// Source: RFC 9562, section 5.8 and appendix B.2.
    static func uuid(_ digest: String) -> String {
        var digits = Array(digest.utf8.prefix(32))
        digits[12] = UInt8(ascii: "8")
        let variant = Int(String(decoding: digits[16...16], as: UTF8.self), radix: 16) ?? 0
        digits[16] = Array(String(8 + variant % 4, radix: 16).utf8)[0]
        let text = String(decoding: digits, as: UTF8.self)
        var parts: [Substring] = []
        var rest = text[...]
        for count in [8, 4, 4, 4, 12] {
            parts.append(rest.prefix(count))
            rest = rest.dropFirst(count)
        }
        return parts.joined(separator: "-")
    }

    private var members: JSONValue {
        var metadata: JSONObject = [
            ("component", model),
            (
                "tools",
                .object([
                    (
                        "components",
                        .array([
                            .object([
                                ("type", .string("application")), ("name", .string("embq")),
                                ("version", .string(documents.options.version)),
                            ])
                        ])
                    )
                ])
            ),
        ]
        if let created = manifest.created { metadata.append(("timestamp", .string(created))) }
        return .object([
            ("$schema", .string("http://cyclonedx.org/schema/bom-\(Self.version).schema.json")),
            ("bomFormat", .string("CycloneDX")), ("specVersion", .string(Self.version)), ("version", .number("1")),
            ("metadata", .object(metadata)),
            ("components", .array([runtime] + (manifest.datasets ?? []).map(data) + files.map(file))),
            (
                "dependencies",
                .array([
                    .object([("ref", .string("model")), ("dependsOn", .array([.string("runtime")]))]),
                    .object([("ref", .string("runtime"))]),
                ])
            ),
        ])
    }

    private static func hashes(_ sha256: String) -> JSONValue {
        .array([.object([("alg", .string("SHA-256")), ("content", .string(sha256))])])
    }

    private static func properties(_ pairs: [(String, String)]) -> JSONValue {
        .array(pairs.map { .object([("name", .string("embq:\($0.0)")), ("value", .string($0.1))]) })
    }

    // MARK: Components

    private func file(_ file: Manifest.File) -> JSONValue {
        .object([
            ("type", .string("file")), ("name", .string(file.name)), ("hashes", Self.hashes(file.sha256)),
        ])
    }

    private static func reference(_ data: Manifest.Dataset) -> String { "data-\(data.use.rawValue)" }

    private func data(_ data: Manifest.Dataset) -> JSONValue {
        let use = data.use == .test ? "The rows of the accuracy check" : "The sentences of the calibration"
        return .object([
            ("type", .string("data")), ("bom-ref", .string(Self.reference(data))), ("name", .string(data.name)),
            ("hashes", Self.hashes(data.sha256)),
            (
                "data",
                .array([
                    .object([
                        ("type", .string("dataset")), ("name", .string(data.name)), ("description", .string(use)),
                    ])
                ])
            ),
        ])
    }

    private var runtime: JSONValue {
        .object([
            ("type", .string("library")), ("bom-ref", .string("runtime")), ("name", .string(CSourceExport.runtimeName)),
            ("version", .string(documents.options.version)),
            ("description", .string("The integer runtime in C11 that the model runs with")),
            (
                "licenses",
                .array([.object([("license", .object([("id", .string(CSourceExport.runtimeLicense))]))])])
            ),
        ])
    }

    private var model: JSONValue {
        let footprint = manifest.footprint
        var properties: [(String, String)] = [
            ("flash_bytes", "\(footprint.flash.total)"), ("ram_bytes", "\(footprint.ramAtLongest)"),
        ]
        for key in ["source_format", "model_sha256", "tokenizer_sha256"] {
            if let value = documents.provenance(key) { properties.append((key, value)) }
        }
        var members: JSONObject = [
            ("type", .string("machine-learning-model")), ("bom-ref", .string("model")),
            ("name", .string(documents.name)),
            ("description", .string("\(manifest.family), quantized for microcontrollers")),
            ("licenses", .array([weightsLicense])), ("modelCard", modelCard),
            ("properties", Self.properties(properties)),
        ]
        if let artifact = files.first(where: { $0.name == Manifest.artifactName }) {
            members.append(("hashes", Self.hashes(artifact.sha256)))
        }
        if let models = manifest.baseModels {
            let ancestors = models.map { name -> JSONValue in
                .object([
                    ("type", .string("machine-learning-model")), ("name", .string(name)),
                    ("purl", .string("pkg:huggingface/\(name)")),
                ])
            }
            members.append(("pedigree", .object([("ancestors", .array(ancestors))])))
        }
        return .object(members)
    }

    private var weightsLicense: JSONValue {
        if let license = documents.options.license { return .object([("expression", .string(license))]) }
        return .object([("license", .object([("name", .string("not known: embq was not told the licence"))]))])
    }

    // MARK: Model card

    private var modelCard: JSONValue {
        let datasets = (manifest.datasets ?? []).map { JSONValue.object([("ref", .string(Self.reference($0)))]) }
        func formats(_ names: [String]) -> JSONValue { .array(names.map { .object([("format", .string($0))]) }) }
        var considerations: JSONObject = [("technicalLimitations", .array(documents.limitations.map(JSONValue.string)))]
        if let drop = manifest.evaluation.dropPoints {
            considerations.append(
                (
                    "performanceTradeoffs",
                    .array([.string("The score drops by \(drop.fixed(2)) points from fp32 to int8.")])
                )
            )
        }
        return .object([
            (
                "modelParameters",
                .object([
                    ("task", .string(documents.task)), ("architectureFamily", .string(architecture)),
                    ("modelArchitecture", .string(manifest.family)), ("datasets", .array(datasets)),
                    ("inputs", formats(["text, UTF-8"])), ("outputs", formats([outputs])),
                ])
            ),
            ("quantitativeAnalysis", .object([("performanceMetrics", .array(documents.measures.map(metric)))])),
            ("considerations", .object(considerations)),
        ])
    }

    private func metric(_ measure: PackageDocuments.Measure) -> JSONValue {
        var members: JSONObject = [
            ("type", .string(measure.type)), ("value", .string("\(measure.value)")),
            ("slice", .string("\(manifest.evaluation.task): \(measure.model)")),
        ]
        if let interval = measure.interval, interval.count == 2 {
            members.append(
                (
                    "confidenceInterval",
                    .object([
                        ("lowerBound", .string("\(interval[0])")), ("upperBound", .string("\(interval[1])")),
                    ])
                ))
        }
        return .object(members)
    }

    /// The kind of network, by what mixes the positions of a text.
    private var architecture: String {
        let operations = Set(documents.artifact.operationKinds.map { ArtifactFormat.operations[$0 - 1] })
        if !operations.isDisjoint(with: ["attend", "wide_attend", "packed_attend"]) { return "transformer network" }
        if operations.contains("scan") { return "state space model" }
        if !operations.isDisjoint(with: ["convolve", "packed_convolve"]) { return "convolutional neural network" }
        return "feed-forward neural network"
    }

    private var outputs: String {
        let device = documents.artifact.device
        return switch device.task {
        case .labels: "one of \(device.outputs) labels"
        case .multiLabel: "any of \(device.outputs) labels"
        case .number: device.outputs == 1 ? "a number" : "\(device.outputs) numbers"
        case .tags: "one of \(device.outputs) labels for each token"
        case .embedding: "an embedding of \(device.outputs) numbers"
        case .pretraining: "words at [MASK]"
        }
    }
}
